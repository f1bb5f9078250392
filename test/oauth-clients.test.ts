// OAuth clients that nobody here wrote get a token and list documents, each in the ways it knows to say
// who it is: they read RFC 6749 for themselves, and so find what our own client would forgive.
import {
  allowInsecureRequests,
  type ClientAuth,
  ClientSecretBasic,
  ClientSecretPost,
  clientCredentialsGrantRequest,
  processClientCredentialsResponse,
  protectedResourceRequest,
} from 'oauth4webapi'
import { ClientCredentials } from 'simple-oauth2'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { textFile, uploadFile } from './publish.ts'
import { send } from './send.ts'
import { openWorld, type World } from './world.ts'

let world: World
let client: { id: string; secret: string }
beforeAll(async () => {
  world = await openWorld()
  const { provider } = world
  const { dataset_id } = await provider.client.datasets.create({ name: 'Tides' })
  await uploadFile(provider, dataset_id, textFile('tides.txt', 'The tide tables.'))
  const made = await provider.client.apiKeys.create({ name: 'k', scopes: ['datasets:read'] })
  const id = `ipto_${made.key_prefix}`
  client = { id, secret: made.key.slice(id.length + 1) }
})
afterAll(() => world.close())

const scope = 'documents.read'
const titles = (text: string) => {
  const { data }: { data: { title: string }[] } = JSON.parse(text)
  return data.map(({ title }) => title)
}

const paths = ['/auth/token', '/v2/auth/token']

test.each([
  ...paths.map((path) => ({ path, options: { authorizationMethod: 'header' } as const })),
  {
    path: '/auth/token',
    options: { authorizationMethod: 'header', credentialsEncodingMode: 'loose' } as const,
  },
  { path: '/auth/token', options: { authorizationMethod: 'body' } as const },
])('simple-oauth2 at $path with $options', async ({ path, options }) => {
  const auth = { tokenHost: world.url, tokenPath: path }
  const { token } = await new ClientCredentials({ client, auth, options }).getToken({ scope })
  expect(token).toMatchObject({ token_type: 'Bearer', scope, expires_in: 86_400 })
  const listed = await send(`${world.url}/v2/documents`, { token: String(token.access_token) })
  expect(titles(listed.text)).toEqual(['tides.txt'])
})

const insecure = { [allowInsecureRequests]: true }

/** As the library has it for a server without discovery. */
const serverAt = (path: string) => ({ issuer: world.url, token_endpoint: world.url + path })

async function grant(path: string, by: (secret: string) => ClientAuth, secret = client.secret) {
  const { id: client_id } = client
  const server = serverAt(path)
  const parameters = new URLSearchParams({ scope })
  const sent = [server, { client_id }, by(secret), parameters, insecure] as const
  const response = await clientCredentialsGrantRequest(...sent)
  return processClientCredentialsResponse(server, { client_id }, response)
}

test.each(
  paths.flatMap((path) => [
    { path, by: ClientSecretBasic, name: 'Basic' },
    { path, by: ClientSecretPost, name: 'the body' },
  ]),
)('oauth4webapi at $path with its secret in $name', async ({ path, by }) => {
  const { access_token, token_type, expires_in, scope: given } = await grant(path, by)
  expect([token_type, expires_in, given]).toEqual(['bearer', 86_400, scope])
  const url = new URL('/v2/documents', world.url)
  const sent = [access_token, 'GET', url, new Headers(), null, insecure] as const
  const response = await protectedResourceRequest(...sent)
  expect(titles(await response.text())).toEqual(['tides.txt'])
})

test('both read how a wrong secret is refused', async () => {
  for (const by of [ClientSecretBasic, ClientSecretPost]) {
    await expect(grant('/auth/token', by, 'wrong')).rejects.toMatchObject({
      status: 401,
      cause: [{ scheme: 'basic', parameters: { realm: 'ipto' } }],
    })
  }
  const auth = { tokenHost: world.url, tokenPath: '/auth/token' }
  const wrong = new ClientCredentials({ client: { ...client, secret: 'wrong' }, auth })
  await expect(wrong.getToken({})).rejects.toMatchObject({
    output: { statusCode: 401 },
    data: { payload: { error: 'invalid_client' } },
  })
})

test('both read why a scope is refused', async () => {
  const response = await clientCredentialsGrantRequest(
    serverAt('/auth/token'),
    { client_id: client.id },
    ClientSecretBasic(client.secret),
    new URLSearchParams({ scope: 'documents.write' }),
    insecure,
  )
  const read = processClientCredentialsResponse(
    serverAt('/auth/token'),
    { client_id: client.id },
    response,
  )
  await expect(read).rejects.toMatchObject({ error: 'invalid_scope', status: 400 })
  const auth = { tokenHost: world.url, tokenPath: '/auth/token' }
  const wide = new ClientCredentials({ client, auth }).getToken({ scope: 'documents.write' })
  await expect(wide).rejects.toMatchObject({ data: { payload: { error: 'invalid_scope' } } })
})

test('oauth4webapi reads the challenge of a token that has ended', async () => {
  const url = new URL('/v2/documents', world.url)
  const sent = ['oat_ended', 'GET', url, new Headers(), null, insecure] as const
  await expect(protectedResourceRequest(...sent)).rejects.toMatchObject({
    status: 401,
    cause: [{ scheme: 'bearer', parameters: { realm: 'ipto' } }],
  })
})
