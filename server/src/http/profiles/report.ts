// The report profile: the market's fields inside `{ data, request_id, timestamp }` (buyer.txt).
import { market } from './market.ts'
import { type Answer, type ProfileRecord, toSeconds } from './profile.ts'

const envelope = (data: unknown, { requestId, now }: Answer) => ({
  data,
  request_id: requestId,
  timestamp: toSeconds(now),
})

export const report: ProfileRecord = {
  ...market,
  presentOne: envelope,
  presentPage: ({ items, nextCursor, total }, plural, answer) =>
    envelope(
      { [plural]: items, total, next_cursor: nextCursor, has_more: nextCursor !== null },
      answer,
    ),
}
