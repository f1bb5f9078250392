// The resource profile: camelCase, `{ object: "list", data, hasMore, nextCursor }`, milliseconds, and
// the first failing field in `param` (platform-template.txt).
import { statusOf, wordOf } from '@ipto/contract/errors.ts'
import { type ProfileRecord, plainHeaders, toMilliseconds } from './profile.ts'

export const resource: ProfileRecord = {
  ...plainHeaders,
  presentOne: (body) => body,
  presentPage: ({ items, nextCursor }) => ({
    object: 'list',
    data: items,
    hasMore: nextCursor !== null,
    nextCursor,
  }),
  presentError: (error) => {
    const { code, kind, fields } = error
    const [first, ...more] = fields
    const isMissing = first?.nature === 'missing' && more.length === 0
    // In the words of the template's example.
    const message = isMissing ? `The '${first.path}' field is required.` : error.message
    // No field of the request, but another way to page, which is refused as such (platform-template).
    const isOffset = first?.path === 'offset' && first.nature === 'unknown'
    const shown = isOffset ? 'bad_cursor' : code
    const param = first?.path ?? (kind === 'bad_cursor' ? 'cursor' : undefined)
    return {
      status: statusOf(shown, 'resource'),
      body: {
        error: {
          code: wordOf(shown, 'resource'),
          message,
          ...(param !== undefined && { param }),
        },
      },
    }
  },
  time: toMilliseconds,
}
