// Holds an answer against the contract of its operation.

import { oauthCode, statusOf, wireCode, wordOf } from '@ipto/contract/errors.ts'
import {
  bodySchema,
  commonErrors,
  errorBody,
  type Operation,
  oauthErrorBody,
  problemBody,
  readsQuery,
} from '@ipto/contract/operation.ts'

const schemas = new Map<string, ReturnType<typeof bodySchema>>()

/** A sentence about what the contract does not declare, or undefined. */
export function contractProblem(op: Operation, status: number, body: unknown): string | undefined {
  if (status < 400) {
    if (status !== op.status) return `${op.id} answered ${status}, declared is ${op.status}`
    const schema = schemas.get(op.id) ?? bodySchema(op)
    schemas.set(op.id, schema)
    const parsed = schema.safeParse(body)
    return parsed.success ? undefined : `${op.id} ${status}: ${parsed.error.message}`
  }
  if (op.profile === 'token') return oauthProblem(op, status, body)
  if (op.profile === 'document') return documentProblem(op, status, body)
  const parsed = errorBody.safeParse(body)
  if (!parsed.success) return `${op.id} ${status}: ${parsed.error.message}`
  const { code } = parsed.data.error
  const declared = [...commonErrors(op), ...op.errors]
  const isDeclared = declared.some(
    (one) => statusOf(one, op.profile) === status && wordOf(one, op.profile) === code,
  )
  if (!isDeclared) return `${op.id} answered ${status} ${code}, which is not declared`
  // A mistake of ours is never an expected outcome of a test.
  return code === 'internal_error' ? `${op.id} answered ${status} ${code}` : undefined
}

function documentProblem(op: Operation, status: number, body: unknown): string | undefined {
  const parsed = problemBody.safeParse(body)
  if (!parsed.success) return `${op.id} ${status}: ${parsed.error.message}`
  const { code, status: told } = parsed.data
  const place = readsQuery(op) ? 'address' : 'body'
  const isDeclared = [...commonErrors(op), ...op.errors].some(
    (one) => statusOf(one, op.profile, place) === status && wireCode(one) === code,
  )
  const isSound = isDeclared && told === status && code !== 'internal_error'
  return isSound ? undefined : `${op.id} answered ${status} ${code}`
}

function oauthProblem(op: Operation, status: number, body: unknown): string | undefined {
  const parsed = oauthErrorBody.safeParse(body)
  if (!parsed.success) return `${op.id} ${status}: ${parsed.error.message}`
  const { error } = parsed.data
  const isDeclared = [...commonErrors(op), ...op.errors].some(
    (one) => statusOf(one, op.profile) === status && oauthCode(one) === error,
  )
  return isDeclared && status !== 500 ? undefined : `${op.id} answered ${status} ${error}`
}
