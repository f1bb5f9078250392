// The only switch between the ways out.
import type { Outbound } from '../../domains/webhooks/outbound.ts'
import { openHttpOutbound } from './http.ts'

export interface OutboundConfig {
  kind: 'http'
  /** Also private and loopback addresses, and plain HTTP. */
  allowPrivate: boolean
}

export function openOutbound(config: OutboundConfig): Outbound {
  switch (config.kind) {
    case 'http':
      return openHttpOutbound(config)
  }
}
