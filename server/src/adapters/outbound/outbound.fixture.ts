// A server that strangers would run: takes down what arrives. For tests only.
import {
  createServer,
  type IncomingHttpHeaders,
  type RequestListener,
  type Server,
} from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'

export interface Seen {
  method: string
  url: string
  headers: IncomingHttpHeaders
  body: string
}

export interface Receiver {
  port: number
  seen: Seen[]
  close(): void
}

export const never = new AbortController().signal

/** Answers each request as `answer` says, once its body is there. */
export async function openReceiver(
  answer: RequestListener,
  { isTls = false }: { isTls?: boolean } = {},
): Promise<Receiver> {
  const seen: Seen[] = []
  const listen: RequestListener = async (request, response) => {
    const parts: Buffer[] = []
    for await (const part of request) parts.push(part)
    const { method = '', url = '', headers } = request
    seen.push({ method, url, headers, body: Buffer.concat(parts).toString() })
    answer(request, response)
  }
  const server: Server = isTls
    ? createTlsServer({ key: testKey, cert: testCertificate }, listen)
    : createServer(listen)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const close = () => {
    server.closeAllConnections()
    server.close()
  }
  return { port: (server.address() as AddressInfo).port, seen, close }
}

// Made for these tests, for the name hooks.test; it opens nothing.
const testKey = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgZKGkYFq8y3b948IM
+EQzJLjsh0xPUs/4laQKkDgPUpGhRANCAATQknJvo9fO+NyYMb0bNFSP2avvcKB5
pFL8V1MqVP3aCMLjkHn/QUc3EMGUkBEXIrJ6h2G3NvhINpINxFLrnWJH
-----END PRIVATE KEY-----`

/** Signed by itself, for the name hooks.test, until 2126. */
export const testCertificate = `-----BEGIN CERTIFICATE-----
MIIBljCCAT6gAwIBAgIUNa2nB7vGS93T8qbb/zhbXg1nZUYwCgYIKoZIzj0EAwIw
FTETMBEGA1UEAwwKaG9va3MudGVzdDAgFw0yNjExMjkwOTE5MjNaGA8yMTI2MTEw
NTA5MTkyM1owFTETMBEGA1UEAwwKaG9va3MudGVzdDBZMBMGByqGSM49AgEGCCqG
SM49AwEHA0IABNCScm+j18743JgxvRs0VI/Zq+9woHmkUvxXUypU/doIwuOQef9B
RzcQwZSQERcisnqHYbc2+Eg2kg3EUuudYkejajBoMB0GA1UdDgQWBBTJlTW7mba4
g2sGa763oaPfR4CdbzAfBgNVHSMEGDAWgBTJlTW7mba4g2sGa763oaPfR4CdbzAP
BgNVHRMBAf8EBTADAQH/MBUGA1UdEQQOMAyCCmhvb2tzLnRlc3QwCgYIKoZIzj0E
AwIDRgAwQwIgdWhiL2HKB5UsWCv1+ALRAx4haWtyx8nct/fXBOcwfI4CH0MeC6Uk
ILT0mjjoZVbgoQhHAJ07hL4cp/2B5TwkGao=
-----END CERTIFICATE-----`
