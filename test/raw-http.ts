// HTTP by hand, over a bare socket: requests that no client would send, and answers as they come.
import { connect, type Socket } from 'node:net'

export interface RawAnswer {
  status: number
  headers: Map<string, string>
  body: string
  /** The error of a market body, as far as there is one. */
  code: unknown
}

export interface Conversation {
  socket: Socket
  /** Settles when the server has closed the connection, with all that it has answered. */
  ended: Promise<RawAnswer[]>
}

/** Opens a connection and leaves it open. */
export function converse(url: string): Conversation {
  const { hostname, port } = new URL(url)
  const socket = connect(Number(port), hostname)
  const parts: Buffer[] = []
  socket.on('data', (part) => parts.push(part))
  const ended = new Promise<RawAnswer[]>((resolve) => {
    // A server that hangs up on an unfinished request may reset the connection.
    socket.on('error', () => {})
    socket.on('close', () => resolve(answersOf(Buffer.concat(parts))))
  })
  return { socket, ended }
}

/** Sends the bytes and waits until the server closes. The last request should ask it to. */
export async function exchange(url: string, bytes: string | Uint8Array): Promise<RawAnswer[]> {
  const { socket, ended } = converse(url)
  socket.write(bytes)
  return ended
}

/** A request as text, with the headers that each must have. */
export function rawRequest(line: string, headers: Record<string, string> = {}, body = ''): string {
  const all = {
    Host: 'localhost',
    Connection: 'close',
    ...(body && { 'Content-Length': String(Buffer.byteLength(body)) }),
    ...headers,
  }
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`)
  return `${line} HTTP/1.1\r\n${lines.join('')}\r\n${body}`
}

function answersOf(bytes: Buffer): RawAnswer[] {
  const answers: RawAnswer[] = []
  let rest = bytes
  for (;;) {
    const end = rest.indexOf('\r\n\r\n')
    if (end < 0) return answers
    const [first = '', ...lines] = rest.subarray(0, end).toString('latin1').split('\r\n')
    const headers = new Map<string, string>()
    for (const line of lines) {
      const [name = '', ...value] = line.split(':')
      headers.set(name.toLowerCase(), value.join(':').trim())
    }
    const status = Number(first.split(' ')[1])
    const length = status < 200 ? 0 : Number(headers.get('content-length') ?? 0)
    const body = rest.subarray(end + 4, end + 4 + length).toString('utf8')
    answers.push({ status, headers, body, code: codeOf(body) })
    rest = rest.subarray(end + 4 + length)
  }
}

function codeOf(body: string): unknown {
  if (!body.startsWith('{')) return undefined
  const { error } = JSON.parse(body)
  return error?.code
}
