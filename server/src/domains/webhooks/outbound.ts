// The way out to addresses that tenants name. Whoever implements it decides which addresses may be
// reached, and never lets a request go to another one.

export interface OutboundRequest {
  url: string
  headers: Record<string, string>
  body: string
}

export type OutboundAnswer =
  /** Whatever status it has; a redirect is an answer, and is not followed. */
  | { kind: 'answered'; status: number; body: string }
  | { kind: 'unanswered'; problem: 'address_not_allowed' | 'unreachable' | 'timeout' }

export interface Outbound {
  /** What is wrong with an address before anything is sent there, as a sentence without its subject. */
  refusalOf(url: string): string | null
  /** Posts once. Rejects only where `signal` ends it. At most 1 KB of the answer is read. */
  post(request: OutboundRequest, signal: AbortSignal): Promise<OutboundAnswer>
}
