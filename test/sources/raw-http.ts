// HTTP/1.1 as bytes over a socket: nothing between the text of a request and the server.
import { connect } from 'node:net'
import type { Json } from './documents.ts'

export interface Message {
  /** `HTTP/1.1 200 OK` */
  start: string
  headers: [name: string, value: string][]
  body: string
}

/** A message as a document shows it: indented, and with line feeds alone. */
export function readMessage(text: string): Message {
  const [start = '', ...lines] = linesOf(text)
  const end = lines.indexOf('')
  return {
    start,
    headers: lines.slice(0, end < 0 ? lines.length : end).map(readHeader),
    body: end < 0 ? '' : lines.slice(end + 1).join('\n'),
  }
}

function linesOf(text: string): string[] {
  const indent = /^ */.exec(text)?.[0].length ?? 0
  return text.split('\n').map((line) => line.slice(indent))
}

function readHeader(line: string): [string, string] {
  const [, name = '', value = ''] = /^([^:]+):[ \t]*(.*)$/.exec(line) ?? []
  return [name, value]
}

export function headerOf({ headers }: Message, name: string): string | undefined {
  return headers.find(([one]) => one.toLowerCase() === name.toLowerCase())?.[1]
}

/**
 * The bytes of a request as a document shows it: without its indent, with the line ends of HTTP, and with
 * the headers that it cannot do without. Each of them is the length of the body.
 */
export function bytesOf(text: string, added: Record<string, string> = {}): string {
  const lines = linesOf(text)
  const end = lines.indexOf('')
  const head = end < 0 ? lines : lines.slice(0, end)
  const body = end < 0 ? '' : lines.slice(end + 1).join('\r\n')
  const more = Object.keys(added).map((name) => `${name}: ${Buffer.byteLength(body)}`)
  return `${[...head, ...more].join('\r\n')}\r\n\r\n${body}`
}

/** The bytes of a request to method and path of a heading, with all that it needs. */
export function requestOf(
  heading: string,
  { url, token, body }: { url: string; token: string; body: Json | undefined },
): string {
  const text = body === undefined ? '' : JSON.stringify(body)
  const lines = [
    `${heading} HTTP/1.1`,
    `Host: ${new URL(url).host}`,
    `Authorization: Bearer ${token}`,
    ...(text
      ? ['Content-Type: application/json', `Content-Length: ${Buffer.byteLength(text)}`]
      : []),
  ]
  return `${lines.join('\r\n')}\r\n\r\n${text}`
}

// The server keeps the connection open, so the end of the answer is told by its length.
export function sendBytes(url: string, bytes: string): Promise<Message> {
  const { hostname, port } = new URL(url)
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
