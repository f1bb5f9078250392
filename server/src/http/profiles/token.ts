// The token profile: bodies and errors of RFC 6749, sections 5.1 and 5.2, in the header values that the
// integration document shows (hypatos-introduction.txt).
import { oauthCode, statusOf } from '@ipto/contract/errors.ts'
import { market } from './market.ts'
import type { ProfileRecord } from './profile.ts'

export const token: ProfileRecord = {
  ...market,
  presentError: ({ code, message }) => ({
    status: statusOf(code, 'token'),
    body: { error: oauthCode(code), error_description: plain(message) },
  }),
  mediaType: 'application/json;charset=UTF-8',
  errorMediaType: 'application/json;charset=UTF-8',
  challenge: 'Basic realm="ipto"',
  headers: { 'cache-control': 'no-store', pragma: 'no-cache' },
  rates: 'to_go',
}

// What RFC 6749 lets stand in a description: ASCII, without quotation mark and backslash.
function plain(text: string): string {
  return text.replace(/[^\x20\x21\x23-\x5b\x5d-\x7e]/g, '?')
}
