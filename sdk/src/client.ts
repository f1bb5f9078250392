// The door of the SDK: a client with one method for each operation, by noun, as in
// `client.datasets.create({ name })`. A method returns the body of the answer, named as in the API.
import { openCaller } from './caller.ts'
import { Operations } from './operations.ts'
import { type ClientOptions, openTransport } from './transport.ts'
import { openUpload, type PutUpload } from './upload.ts'

export { ApiError, type ErrorCode } from './api-error.ts'
export type { Page, Pages, Report, ReportPage, ResourcePage, WindowPage } from './caller.ts'
export type * from './operations.ts'
export type { CallOptions, ClientOptions, ResponseInfo } from './transport.ts'
export type { UploadedPart, UploadOptions, UploadProgress, UploadTarget } from './upload.ts'
export type { WebhookEvent, WebhookEventType, WebhookMessage } from './webhooks.ts'
export { verifyWebhook } from './webhooks.ts'

export class Client extends Operations {
  /** Also `put`: sends the bytes of an upload to its signed address, in parts where it has parts. */
  declare readonly uploads: Operations['uploads'] & { put: PutUpload }

  constructor(options: ClientOptions) {
    const send = openTransport(options)
    const caller = openCaller(options, send)
    super(caller)
    this.uploads = { ...this.uploads, put: openUpload(options, send) }
  }
}
