// Rule 9, for dependencies: each has an exact version, and a line in docs/decisions/dependencies.md.
import type { Problem, Tree } from './source.ts'

interface Manifest {
  dependencies?: Record<string, string>
  devDependencies?: Record<string, string>
}

const page = 'docs/decisions/dependencies.md'

export function checkDependencies({ texts }: Tree): Problem[] {
  const lines = texts.get(page) ?? ''
  const listed = [...lines.matchAll(/^\| `([^`]+)` +\|/gm)].map((match) => match[1] ?? '')
  const used = new Set<string>()
  const problems = [...texts]
    .filter(([path]) => path.endsWith('package.json'))
    .flatMap(([path, text]) => {
      const { dependencies, devDependencies }: Manifest = JSON.parse(text)
      return Object.entries({ ...dependencies, ...devDependencies }).flatMap(([name, version]) => {
        const at = (message: string): Problem => ({ rule: 9, path, line: 1, name, message })
        used.add(name)
        if (!/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(version)) return [at('versions are exact')]
        const isOurs = name.startsWith('@ipto/') || listed.includes(name)
        return isOurs ? [] : [at(`say in ${page} what ${name} saves and what would replace it`)]
      })
    })
  const gone = listed.filter((name) => !used.has(name))
  return [
    ...problems,
    ...gone.map((name) => ({
      rule: 9,
      path: page,
      line: 1,
      name,
      message: 'nobody depends on it: take the line out',
    })),
  ]
}
