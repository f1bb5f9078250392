// Writes the sample corpus of the demo to `examples/corpus/`: `tsx examples/make-corpus.ts [folder]`.
// The files are committed; run this after a change below `corpus-source/`. Each run gives the same
// bytes. Only the two scans depend on the machine, in the last bits of what its processor draws.
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { corpusDatasets, corpusQuestion, corpusSources } from './corpus-source/contents.ts'

export const corpusFolder = fileURLToPath(new URL('./corpus/', import.meta.url))

/** Writes all files and `manifest.json` below `folder`, and gives the number of bytes written. */
export async function makeCorpus(folder: string): Promise<number> {
  const files = []
  let sizeBytes = 0
  for (const { render, ...file } of corpusSources) {
    const bytes = await render()
    const path = join(folder, file.path)
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, bytes)
    sizeBytes += bytes.length
    files.push(file)
  }
  const manifest = { question: corpusQuestion, datasets: corpusDatasets, files }
  writeFileSync(join(folder, 'manifest.json'), `${JSON.stringify(manifest, null, 2)}\n`)
  return sizeBytes
}

async function main(folder: string): Promise<void> {
  if (folder === corpusFolder) rmSync(folder, { recursive: true, force: true })
  const sizeBytes = await makeCorpus(folder)
  console.log(`${corpusSources.length} files, ${Math.round(sizeBytes / 1024)} KiB, in ${folder}`)
}

const [, program, folder] = process.argv
if (program !== undefined && import.meta.url === pathToFileURL(program).href) {
  await main(folder ?? corpusFolder)
}
