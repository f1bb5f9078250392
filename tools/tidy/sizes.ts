// Rule 2: what is larger than house style's second number, largest first. Printed, never failed for.
import type { Tree } from './source.ts'

export interface Size {
  what: string
  size: number
  aim: number
}

export function largest({ sources }: Tree): Size[] {
  const sizes = sources
    .filter(({ path }) => path !== 'sdk/src/operations.ts')
    .flatMap((source) => [
      {
        what: `${source.path} (lines)`,
        size: source.lineCount,
        aim: source.isTest ? 600 : 400,
      },
      ...source.functions
        // A suite is one function around its tests.
        .filter(() => !source.isTest && !source.path.startsWith('test/'))
        .flatMap(({ name, line, lines, parameters }) => [
          { what: `${source.path}:${line} ${name} (lines)`, size: lines, aim: 60 },
          { what: `${source.path}:${line} ${name} (parameters)`, size: parameters, aim: 3 },
        ]),
      ...(isDoor(source.path)
        ? [{ what: `${source.path} (names in the door)`, size: source.exports, aim: 12 }]
        : []),
      {
        what: `${source.path} (imports from other folders)`,
        size: source.path === 'server/src/app.ts' ? 0 : othersIn(source.path, source.imports),
        aim: 12,
      },
    ])
  return sizes
    .filter(({ size, aim }) => size > aim)
    .sort((one, other) => other.size / other.aim - one.size / one.aim)
}

function othersIn(path: string, imports: { target: string; isFile: boolean }[]): number {
  const folder = path.slice(0, path.lastIndexOf('/') + 1)
  return imports.filter((one) => one.isFile && !one.target.startsWith(folder)).length
}

function isDoor(path: string): boolean {
  const [, folder, file] = /^server\/src\/domains\/([^/]+)\/([^/]+)\.ts$/.exec(path) ?? []
  return folder !== undefined && folder === file
}
