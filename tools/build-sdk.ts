// `npm run build` makes the package @ipto/sdk as it is published, in sdk/dist: JavaScript, types that need
// nothing else, and a manifest without dependencies. `npm pack ./sdk/dist` then makes its tarball. Another
// folder may be named.
import { spawnSync } from 'node:child_process'
import { copyFileSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const door = './client'

function buildSdk(folder: string): void {
  rmSync(folder, { recursive: true, force: true })
  const compiled = spawnSync(
    process.execPath,
    [
      join(root, 'node_modules/typescript/bin/tsc'),
      '-p',
      join(root, 'sdk/tsconfig.build.json'),
      '--outDir',
      folder,
    ],
    { encoding: 'utf8' },
  )
  if (compiled.status !== 0) throw new Error(compiled.stdout + compiled.stderr)
  for (const name of readdirSync(folder).filter((one) => one.endsWith('.d.ts'))) {
    // The compiler rewrites the imports of JavaScript only.
    const types = readFileSync(join(folder, name), 'utf8')
    writeFileSync(join(folder, name), types.replace(/(from ')(\.\/[\w-]+)\.ts'/g, "$1$2.js'"))
  }
  writeFileSync(join(folder, 'package.json'), `${JSON.stringify(manifest(), null, 2)}\n`)
  copyFileSync(join(root, 'sdk/README.md'), join(folder, 'README.md'))
  copyFileSync(join(root, 'LICENSE'), join(folder, 'LICENSE'))
}

function manifest() {
  const { name, version, description, license }: Record<string, string> = JSON.parse(
    readFileSync(join(root, 'sdk/package.json'), 'utf8'),
  )
  return {
    name,
    version,
    description,
    license,
    type: 'module',
    exports: { '.': { types: `${door}.d.ts`, default: `${door}.js` } },
    sideEffects: false,
    engines: { node: '>=20.3' },
  }
}

buildSdk(process.argv[2] ?? join(root, 'sdk/dist'))
