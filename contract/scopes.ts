// Scopes and roles: the eight scopes of the FAQ, and the fixed table from roles to scopes (decisions 9).

export const scopes = [
  'datasets:read',
  'datasets:write',
  'objects:write',
  'search:query',
  'usage:read',
  'keys:write',
  'billing:read',
  'admin:*',
] as const

export type Scope = (typeof scopes)[number]

export const roles = [
  'owner',
  'admin',
  'seller_manager',
  'buyer_manager',
  'operator',
  'viewer',
] as const

export type Role = (typeof roles)[number]

export const scopesOfRole: Record<Role, readonly Scope[]> = {
  owner: scopes,
  admin: scopes,
  seller_manager: [
    'datasets:read',
    'datasets:write',
    'objects:write',
    'usage:read',
    'billing:read',
  ],
  buyer_manager: ['datasets:read', 'search:query', 'usage:read', 'billing:read', 'keys:write'],
  operator: ['datasets:read', 'usage:read'],
  viewer: ['datasets:read', 'usage:read', 'billing:read'],
}

// Requests a minute and the monthly fee in whole USD (decisions 3).
export const plans = {
  starter: { requestsPerMinute: 60, feeMajor: 0 },
  pro: { requestsPerMinute: 600, feeMajor: 49 },
  business: { requestsPerMinute: 6_000, feeMajor: 499 },
} as const

export type Plan = keyof typeof plans
