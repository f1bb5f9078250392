// The operator looks at the queue, previews, rejects one file with a reason and approves the rest.
import { setTimeout as sleep } from 'node:timers/promises'
import { claim } from './narrator.ts'
import type { Stage } from './stage.ts'

export async function operatorScenes(stage: Stage): Promise<void> {
  const { narrator } = stage
  await narrator.step('The operator looks at the review queue', () => showQueue(stage))
  await narrator.step('It previews and rejects one file', () => rejectOne(stage))
  await narrator.step('It approves the rest', () => approveRest(stage))
  await narrator.step('The files are read, cut into passages and indexed', () => ingest(stage))
}

const queuePage = { limit: 100 }

async function showQueue(stage: Stage) {
  const { data } = await stage.operator.client.review.queue(queuePage)
  claim(data.total === stage.samples.length, 'every uploaded file waits in the queue')
  for (const item of data.items.slice(0, 4)) {
    stage.narrator.say(`   ${item.filename}  ${item.content_type}  risk ${item.risk}`)
  }
  stage.narrator.say(`   … ${data.total} wait, the first until ${data.items[0]?.review_expires_at}`)
  return { waiting: data.total }
}

async function rejectOne(stage: Stage) {
  const { client } = stage.operator
  const bad = stage.samples.find((sample) => sample.rejected)
  claim(bad, 'one sample is meant to be rejected')
  const one = { tenant_id: stage.provider.tenantId, object_id: stage.objects.get(bad.path) ?? '' }
  // Findings are worked out in the background; the queue shows an object before they are there.
  let detail = (await client.review.get(one)).data
  const isWaiting = () => detail.findings.some((finding) => finding.kind === 'not_inspected')
  for (let turn = 0; turn < 300 && isWaiting(); turn++) {
    await sleep(200)
    detail = (await client.review.get(one)).data
  }
  claim(!isWaiting() && detail.findings.length > 0, 'personal data is found in the payslip')
  stage.narrator.say(
    `   ${detail.filename}: ${detail.preview.text.slice(0, 60).replace(/\s+/g, ' ')} …`,
  )
  for (const finding of detail.findings) {
    stage.narrator.say(`   found ${finding.count} × ${finding.kind}: ${finding.sample_masked}`)
  }
  const reason = 'Holds personal data of an employee.'
  const { data } = await client.review.reject({ ...one, reason })
  claim(data.review_state === 'rejected', 'the file is rejected')
  stage.narrator.say(`   rejected: ${reason}`)
  return { object_id: one.object_id, findings: detail.findings.map((finding) => finding.kind) }
}

async function approveRest(stage: Stage) {
  const { client } = stage.operator
  const { data } = await client.review.queue(queuePage)
  const { data: decided } = await client.review.bulk({
    decisions: data.items.map((item) => ({
      tenant_id: item.tenant_id,
      object_id: item.object_id,
      decision: 'approve' as const,
    })),
  })
  const approved = decided.results.filter((result) => result.ok).length
  claim(approved === stage.samples.length - 1, 'all files but one are approved')
  stage.narrator.say(`   ${approved} approved`)
  return { approved }
}

const ingestSecondsMax = 180
const ended = ['indexed', 'failed']

async function ingest(stage: Stage) {
  const { client } = stage.provider
  const wanted = stage.samples.filter((sample) => !sample.rejected)
  for (let turn = 0; turn < ingestSecondsMax * 5; turn++) {
    const objects = await Promise.all(
      wanted.map(({ path }) => client.objects.get({ object_id: stage.objects.get(path) ?? '' })),
    )
    const done = objects.filter((object) => ended.includes(object.index_state))
    if (done.length === objects.length || turn % 5 === 0) {
      stage.narrator.progress(done.length, objects.length, 'files indexed')
    }
    if (done.length === objects.length) {
      const failed = objects.filter((object) => object.failure)
      claim(failed.length === 0, `no file fails: ${failed.map((one) => one.failure?.message)}`)
      const chunks = objects.reduce((sum, object) => sum + object.chunk_count, 0)
      stage.narrator.say(`   ${chunks} passages with page-exact citations`)
      return { files: objects.length, chunks }
    }
    await sleep(200)
  }
  throw new Error(`the files were not indexed within ${ingestSecondsMax} s`)
}
