// What a client shows of itself: a token or an API key as it is, or access tokens that it fetches for a key
// as an OAuth client. One is kept until shortly before it ends; calls that come meanwhile wait for the same.
import { bodyOf } from './answer.ts'
import { type ClientOptions, type Send, timeoutMsDefault } from './transport.ts'

/** What is needed of the answer (RFC 6749, section 5.1). */
interface Token {
  access_token: string
  expires_in: number
}

type Shown = Record<string, string>

export interface Credentials {
  headers(): Promise<Shown>
  /** The server did not take it: whatever was fetched is fetched anew by the next call. */
  forget(): void
}

const names = ['token', 'apiKey', 'clientCredentials'] as const

/** Before its end, so that no call sends a token that ends on the way. */
const marginMs = 60_000

export function openCredentials(client: ClientOptions, base: string, send: Send): Credentials {
  const given = names.filter((name) => Object.hasOwn(client, name))
  for (const name of given) {
    // Often an environment variable that is not set. A client without a credential has no such option.
    if (!client[name]) throw new TypeError(`${name} has no value.`)
  }
  if (given.length > 1) {
    throw new TypeError(`A client has one credential, not both ${given.join(' and ')}.`)
  }
  if (client.clientCredentials) return fetched(client.clientCredentials, { client, base, send })
  const shown = shownOf(client)
  return { headers: async () => shown, forget() {} }
}

function shownOf({ token, apiKey }: ClientOptions): Shown {
  if (token !== undefined) return bearer(token)
  return apiKey === undefined ? {} : { 'x-api-key': apiKey }
}

function bearer(token: string): Shown {
  return { authorization: `Bearer ${token}` }
}

type ClientCredentials = NonNullable<ClientOptions['clientCredentials']>

function fetched(
  { clientId, clientSecret, scope }: ClientCredentials,
  { client, base, send }: { client: ClientOptions; base: string; send: Send },
): Credentials {
  if (!clientId || !clientSecret) {
    throw new TypeError('clientCredentials needs a clientId and a clientSecret.')
  }
  const form = new URLSearchParams({
    grant_type: 'client_credentials',
    client_id: clientId,
    client_secret: clientSecret,
    ...(scope === undefined ? {} : { scope }),
  })
  let current: Promise<{ shown: Shown; endsAt: number }> | undefined

  const fetchOne = async () => {
    const startedAt = performance.now()
    const answer = await send(
      {
        method: 'POST',
        url: `${base}/auth/token`,
        headers: {
          accept: 'application/json',
          'content-type': 'application/x-www-form-urlencoded',
        },
        body: form.toString(),
        isRepeatable: true,
        timeoutMs: client.timeoutMs ?? timeoutMsDefault,
      },
      {},
    )
    const token: Token = bodyOf(answer)
    const livesMs = token.expires_in * 1_000
    const endsAt = startedAt + Math.max(livesMs - marginMs, livesMs / 2)
    return { shown: bearer(token.access_token), endsAt }
  }

  const renew = () => {
    const next = fetchOne()
    current = next
    // What failed is not kept: the next call tries again.
    next.catch(() => {
      if (current === next) current = undefined
    })
    return next
  }

  return {
    headers: async () => {
      const seen = current
      const held = await seen
      if (held && held.endsAt > performance.now()) return held.shown
      // The first that finds it ended fetches; whoever comes meanwhile waits for the same.
      const next = current === seen ? renew() : (current ?? renew())
      return (await next).shown
    },
    forget: () => {
      current = undefined
    },
  }
}
