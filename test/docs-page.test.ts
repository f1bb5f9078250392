// In a real browser: the reference page, and the SDK on a page of the same origin. Skipped where no Chromium
// is at hand, and demanded with CI=true; CHROMIUM_PATH may name one.
import { existsSync } from 'node:fs'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Browser, chromium, type Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { publish, textFile } from './publish.ts'
import { buildSdk } from './sdk-build.ts'
import { openWorld, type World } from './world.ts'

const executablePath = [
  process.env.CHROMIUM_PATH ?? '',
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
].find((path) => path !== '' && existsSync(path))
const mayRun = executablePath !== undefined || process.env.CI === 'true'

describe.skipIf(!mayRun)(mayRun ? 'in a browser' : 'in a browser (skipped: no Chromium)', () => {
  let world: World
  let browser: Browser
  let folder: string

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'ipto-sdk-'))
    await buildSdk(folder)
    world = await openWorld()
    if (executablePath === undefined) throw new Error('CI needs Chromium: apt-get install chromium')
    browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] })
  }, 180_000)

  afterAll(async () => {
    await browser?.close()
    await world.close()
    await rm(folder, { recursive: true, force: true })
  })

  /** Remembers every address that the page asks for, and lets none out of the origin. */
  async function openPage(): Promise<{ page: Page; asked: URL[] }> {
    const page = await browser.newPage()
    const asked: URL[] = []
    page.on('websocket', (socket) => asked.push(new URL(socket.url())))
    await page.route('**/*', async (route) => {
      const url = new URL(route.request().url())
      asked.push(url)
      const isOurs = url.origin === origin()
      await (isOurs ? route.fallback() : route.abort())
    })
    return { page, asked }
  }

  // As the server calls itself: there its upload addresses lead as well.
  const origin = () => `http://localhost:${new URL(world.url).port}`

  const hostsOf = (asked: URL[]) => [
    ...new Set(
      asked.filter(({ protocol }) => !/^(data|blob):$/.test(protocol)).map(({ host }) => host),
    ),
  ]

  test('/docs shows the operations and asks no other host for anything', async () => {
    const { page, asked } = await openPage()
    const problems: string[] = []
    page.on('pageerror', (error) => problems.push(String(error)))
    await page.goto(`${origin()}/docs`)
    const summary = page.getByText('Create a user and a tenant, and sign in').first()
    await summary.waitFor({ state: 'visible', timeout: 60_000 })
    await page.getByText('Private data is listed, priced and searched here').first().waitFor()
    // Whatever a page loads late, it loads by now.
    await page.waitForLoadState('networkidle')
    expect(hostsOf(asked)).toEqual([new URL(origin()).host])
    expect(problems).toEqual([])
  }, 120_000)

  test('the SDK lists datasets, searches, and uploads from a page', async () => {
    await publish(world, {
      terms: { name: 'Tides' },
      files: [textFile('a.txt', 'The old harbour.')],
    })
    const { page, asked } = await openPage()
    await page.route('**/sdk-of-the-test/*', async (route) => {
      const name = new URL(route.request().url()).pathname.split('/').at(-1) ?? ''
      const body = await readFile(join(folder, name), 'utf8')
      await route.fulfill({ contentType: 'text/javascript', body })
    })
    await page.goto(`${origin()}/docs`)
    const content = "import * as sdk from '/sdk-of-the-test/client.js'; globalThis.sdk = sdk"
    await page.addScriptTag({ type: 'module', content })
    const told = await page.evaluate(inPage, {
      baseUrl: origin(),
      token: world.provider.token,
    })
    expect(told).toEqual({
      names: ['Tides'],
      found: 1,
      refusal: 'not_found',
      progress: [0, 5],
      state: 'uploaded',
    })
    expect(hostsOf(asked)).toEqual([new URL(origin()).host])
  }, 120_000)
})

declare global {
  var sdk: typeof import('@ipto/sdk') | undefined
}

// Runs in the page: it sees nothing of this file.
async function inPage({ baseUrl, token }: { baseUrl: string; token: string }) {
  // The page's policy lets nothing be evaluated, so the module is not waited for from outside.
  while (!globalThis.sdk) await new Promise((resolve) => setTimeout(resolve, 20))
  const { ApiError, Client } = globalThis.sdk
  const client = new Client({ baseUrl, token })
  const names: string[] = []
  for await (const { name } of await client.datasets.list()) names.push(name)
  const { results } = await client.search.query({ query: 'harbour' })
  const gone: unknown = await client.datasets.get({ dataset_id: 'x' }).catch((error) => error)
  const { dataset_id } = await client.datasets.create({ name: 'From a page' })
  const file = { filename: 'a.txt', content_type: 'text/plain', size_bytes: 5 }
  const upload = await client.objects.upload({ dataset_id, ...file })
  const progress: number[] = []
  await client.uploads.put(upload, new TextEncoder().encode('hello'), {
    onProgress: ({ sentBytes }) => void progress.push(sentBytes),
  })
  const { upload_state } = await client.objects.confirm({ object_id: upload.object_id })
  return {
    names,
    found: results.length,
    refusal: gone instanceof ApiError ? gone.code : undefined,
    progress,
    state: upload_state,
  }
}
