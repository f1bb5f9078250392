// Rule 9: links in Markdown resolve, and the tables in the documents equal the data in the code.
import { posix } from 'node:path'
import { domainRows } from '../import-table.ts'
import type { Problem, Tree } from './source.ts'

export function checkLinks(tree: Tree): Problem[] {
  const folders = new Set([...tree.paths].flatMap(parentsOf))
  return [
    ...[...tree.texts]
      .filter(([path]) => path.endsWith('.md'))
      .flatMap(([path, text]) => checkPage(tree, folders, { path, text })),
    ...checkArchitecture(tree),
  ]
}

function parentsOf(path: string): string[] {
  const parent = posix.dirname(path)
  return parent === '.' ? ['.'] : [parent, ...parentsOf(parent)]
}

function checkPage(
  { paths, texts }: Tree,
  folders: Set<string>,
  { path, text }: { path: string; text: string },
): Problem[] {
  return withoutCode(text).flatMap((line, index) =>
    [...line.matchAll(/\]\(([^)\s]+)(?:\s+"[^"]*")?\)/g)].flatMap(([, link = '']) => {
      const message = linkProblem(link)
      return message ? [{ rule: 9, path, line: index + 1, name: link, message }] : []
    }),
  )

  function linkProblem(link: string): string | undefined {
    if (/^[a-z]+:/.test(link)) return undefined
    const [file = '', anchor] = link.split('#')
    const target = file === '' ? path : posix.join(posix.dirname(path), decodeURIComponent(file))
    const plain = target.replace(/\/$/, '')
    if (!paths.has(plain) && !folders.has(plain)) return `${link} leads nowhere`
    if (anchor === undefined || !plain.endsWith('.md')) return undefined
    return anchorsOf(texts.get(plain) ?? '').has(anchor) ? undefined : `${link} names no heading`
  }
}

/** The lines, with those inside fences and spans of code made empty. */
function withoutCode(text: string): string[] {
  let isCode = false
  return text.split('\n').map((line) => {
    if (/^\s*(```|~~~)/.test(line)) {
      isCode = !isCode
      return ''
    }
    return isCode ? '' : line.replace(/`[^`]*`/g, '')
  })
}

function anchorsOf(text: string): Set<string> {
  const headings = text.split('\n').filter((line) => /^#{1,6} /.test(line))
  return new Set(
    headings.map((line) =>
      line
        .replace(/^#+ /, '')
        .toLowerCase()
        .replace(/[^\p{L}\p{N}\s_-]/gu, '')
        .trim()
        .replaceAll(' ', '-'),
    ),
  )
}

// docs/architecture.md shows the table of domains; the code is checked against the data.
function checkArchitecture({ texts }: Tree): Problem[] {
  const path = 'docs/architecture.md'
  const text = texts.get(path)
  if (text === undefined) return []
  const plain = text.replace(/ {2,}/g, ' ')
  return domainRows.flatMap(({ domains, mayImport }) => {
    const names = (list: readonly string[]) => list.map((name) => `\`${name}\``).join(', ')
    const row = `| ${names(domains)} | ${mayImport.length === 0 ? 'none' : names(mayImport)}`
    if (plain.includes(row)) return []
    const message = `its table of domains must hold the row: ${row} (tools/import-table.ts)`
    return [{ rule: 9, path, line: 1, name: domains.join(','), message }]
  })
}
