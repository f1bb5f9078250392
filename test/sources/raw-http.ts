// HTTP/1.1 as bytes over a socket: nothing between the text of a request and the server.
import { connect } from 'node:net'
import type { Json } from './documents.ts'

export interface Message {
  /** `HTTP/1.1 200 OK`, or the request line. */
  start: string
  headers: [name: string, value: string][]
  body: string
}

/** A message as a document shows it: indented, and with line feeds alone. */
export function readMessage(text: string): Message {
  const indent = /^ */.exec(text)?.[0].length ?? 0
  const lines = text.split('\n').map((line) => line.slice(indent))
  const end = lines.indexOf('')
  const [start = '', ...head] = end < 0 ? lines : lines.slice(0, end)
  return {
    start,
    headers: head.map(readHeader),
    body: end < 0 ? '' : lines.slice(end + 1).join('\n'),
  }
}

function readHeader(line: string): [string, string] {
  const [, name = '', value = ''] = /^([^:]+):[ \t]*(.*)$/.exec(line) ?? []
  return [name, value]
}

export function headerOf({ headers }: Message, name: string): string | undefined {
  return headers.find(([one]) => one.toLowerCase() === name.toLowerCase())?.[1]
}

export async function sendMessage(
  url: string,
  { start, headers, body }: Message,
): Promise<Message> {
  const head = [start, ...headers.map(([name, value]) => `${name}: ${value}`)]
  return exchange(new URL(url), `${head.join('\r\n')}\r\n\r\n${body}`)
}

/** Method and path of a heading, with all that a request needs. */
export function messageFor(
  heading: string,
  { url, token, body }: { url: string; token: string; body: Json | undefined },
): Message {
  const text = body === undefined ? '' : JSON.stringify(body)
  const length = String(Buffer.byteLength(text))
  const content: Message['headers'] = text
    ? [
        ['Content-Type', 'application/json'],
        ['Content-Length', length],
      ]
    : []
  const { host } = new URL(url)
  return {
    start: `${heading} HTTP/1.1`,
    headers: [['Host', host], ['Authorization', `Bearer ${token}`], ...content],
    body: text,
  }
}

// The server keeps the connection open, so the end of the answer is told by its length.
function exchange({ hostname, port }: URL, bytes: string): Promise<Message> {
  return new Promise((resolve, reject) => {
    let received = Buffer.alloc(0)
    const socket = connect({ host: hostname, port: Number(port) }, () => socket.write(bytes))
    socket.on('error', reject)
    socket.on('close', () => reject(new Error(`the answer broke off: ${received}`)))
    socket.on('data', (chunk) => {
      received = Buffer.concat([received, chunk])
      const answer = completeMessage(received)
      if (!answer) return
      resolve(answer)
      socket.destroy()
    })
  })
}

function completeMessage(bytes: Buffer): Message | undefined {
  const end = bytes.indexOf('\r\n\r\n')
  if (end < 0) return undefined
  const [start = '', ...head] = bytes.subarray(0, end).toString('utf8').split('\r\n')
  const message = { start, headers: head.map(readHeader), body: '' }
  const length = Number(headerOf(message, 'content-length') ?? 0)
  const body = bytes.subarray(end + 4)
  return body.length < length ? undefined : { ...message, body: body.toString('utf8') }
}
