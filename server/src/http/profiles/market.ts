// The market profile: flat objects, `{ items, next_cursor, has_more }`, times to the second.
import { statusOf, wireCode } from '@ipto/contract/errors.ts'
import { type ProfileRecord, plainHeaders, toSeconds, type WireError } from './profile.ts'

export const market: ProfileRecord = {
  ...plainHeaders,
  presentOne: (body) => body,
  presentPage: ({ items, nextCursor }) => ({
    items,
    next_cursor: nextCursor,
    has_more: nextCursor !== null,
  }),
  presentError: (error) => ({
    status: statusOf(error.code, 'market'),
    body: { error: marketError(error) },
  }),
  time: toSeconds,
}

function marketError({ code, message, fields, details }: WireError) {
  const named = fields.map(({ path, reason }) => ({ field: path, reason }))
  const all = { ...details, ...(named.length > 0 && { fields: named }) }
  return {
    code: wireCode(code),
    message,
    ...(Object.keys(all).length > 0 && { details: all }),
  }
}
