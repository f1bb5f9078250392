// A server that a tenant would run to be told of events. It checks nothing: that is for tests to do.
import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface Receiver {
  url: string
  seen: { headers: IncomingHttpHeaders; body: string }[]
  /** Of the answers to come; 204 unless said otherwise. */
  statuses: number[]
  close(): void
}

export async function openReceiver(): Promise<Receiver> {
  const receiver: Receiver = { url: '', seen: [], statuses: [], close: () => {} }
  const server = createServer(async (request, response) => {
    const parts: Buffer[] = []
    for await (const part of request) parts.push(part)
    receiver.seen.push({ headers: request.headers, body: Buffer.concat(parts).toString() })
    response.writeHead(receiver.statuses.shift() ?? 204).end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return Object.assign(receiver, {
    url: `http://127.0.0.1:${port}/hook`,
    close: () => {
      server.closeAllConnections()
      server.close()
    },
  })
}
