// A real server on a local port, which answers from a script and remembers what it was asked.
import { createServer, type IncomingHttpHeaders } from 'node:http'

export interface Seen {
  method: string
  url: string
  headers: IncomingHttpHeaders
  body: string
}

/**
 * `hang`: never answers. `drop`: closes the connection without an answer. `stall` and `break`: begin a good
 * answer; one stops there, the other dies.
 */
export type Reply =
  | { status?: number; headers?: Record<string, string>; body?: unknown }
  | 'hang'
  | 'drop'
  | 'stall'
  | 'break'

export interface Script {
  baseUrl: string
  seen: Seen[]
  replies: Reply[]
  close(): Promise<void>
}

export async function openScript(): Promise<Script> {
  const script: Omit<Script, 'baseUrl' | 'close'> = { seen: [], replies: [] }
  const server = createServer(async (request, response) => {
    const parts: Buffer[] = []
    for await (const part of request) parts.push(part)
    script.seen.push({
      method: request.method ?? '',
      url: request.url ?? '',
      headers: request.headers,
      body: Buffer.concat(parts).toString(),
    })
    const reply = script.replies.shift() ?? { body: {} }
    if (reply === 'hang') return
    if (reply === 'drop') return void request.socket.destroy()
    if (reply === 'stall' || reply === 'break') {
      response.writeHead(200, { 'content-length': '100' })
      response.write('{"dataset_id":', () => reply === 'break' && request.socket.destroy())
      return
    }
    response.writeHead(reply.status ?? 200, reply.headers)
    const isRaw = typeof reply.body === 'string' || reply.body instanceof Uint8Array
    response.end(isRaw ? reply.body : JSON.stringify(reply.body ?? {}))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  return Object.assign(script, {
    baseUrl: `http://127.0.0.1:${address.port}`,
    close: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  })
}
