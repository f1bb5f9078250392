// Headers of requests and answers in OpenAPI: what each means, and which operation tells which.
import { type Operation, takesKey } from '@ipto/contract/operation.ts'

export const idempotencyKey = {
  name: 'Idempotency-Key',
  in: 'header',
  required: false,
  description:
    'Makes a retry safe for 24 hours: the same key and body get the first answer again, the same key with another body is 409.',
  schema: { type: 'string', minLength: 1, maxLength: 255 },
}

const whole = { type: 'integer' }
export const headers = {
  'X-Request-Id': {
    description: 'Names this request in logs and reports.',
    schema: { type: 'string' },
  },
  RateLimit: {
    description:
      'What is left of the policy that is nearest to its end, such as `"tenant";r=412;t=23`.',
    schema: { type: 'string' },
  },
  'RateLimit-Policy': {
    description: 'Quota and window in seconds, such as `"tenant";q=600;w=60`.',
    schema: { type: 'string' },
  },
  'X-RateLimit-Limit': { description: 'Requests allowed in the current window.', schema: whole },
  'X-RateLimit-Remaining': { description: 'Requests left in the current window.', schema: whole },
  'X-RateLimit-Reset': {
    description: 'When the window ends, in seconds since 1970 (UTC).',
    schema: whole,
  },
  'Policy-X-RateLimit-Limit': {
    description: 'Requests allowed in the current window, then the policy, such as `60, 60;w=60`.',
    schema: { type: 'string' },
  },
  'Policy-X-RateLimit-Reset': { description: 'Seconds until the window ends.', schema: whole },
  'Retry-After': { description: 'Seconds to wait before a retry.', schema: whole },
  'Idempotency-Replayed': {
    description: '`true` where an earlier answer is given again.',
    schema: { type: 'string', const: 'true' },
  },
}

// These profiles write the older rate headers with the policy, and the seconds to go.
function tellsPolicy({ profile }: Operation): boolean {
  return profile === 'token' || profile === 'document'
}

// 401 tells a stranger nothing about a tenant's traffic, so it carries no counters.
export function headersOf(op: Operation, status: number): object {
  const names = ['X-Request-Id']
  if (status !== 401) {
    names.push('RateLimit', 'RateLimit-Policy')
    names.push('X-RateLimit-Limit', 'X-RateLimit-Remaining', 'X-RateLimit-Reset')
  }
  if (status === 429 || status === 503) names.push('Retry-After')
  if (status < 300 && takesKey(op)) names.push('Idempotency-Replayed')
  return Object.fromEntries(
    names.map((name) => {
      const isOwn = tellsPolicy(op) && Object.hasOwn(headers, `Policy-${name}`)
      return [name, { $ref: `#/components/headers/${isOwn ? 'Policy-' : ''}${name}` }]
    }),
  )
}
