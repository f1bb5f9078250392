// Turns headings and text, in the order of the document, into sections with their trail of headings. A
// trail names one section only: a repeated one gets a number, or a citation could not tell them apart.
export interface Section {
  path: string[]
  text: string
}

export class Outline {
  firstHeading: string | null = null
  private readonly sections: Section[] = []
  private readonly timesUsed = new Map<string, number>()
  private trail: { level: number; title: string }[] = []
  private parts: string[] = []
  private hasBody = false

  /** `line` is the heading as it stands in the text. */
  heading(level: number, title: string, line = title): void {
    if (title === '') return
    this.firstHeading ??= title
    // A heading right after a heading stays with it: a section of a heading alone answers nothing.
    if (this.hasBody) this.closeSection()
    this.trail = [...this.trail.filter((it) => it.level < level), { level, title }]
    this.parts.push(`\n\n${line}\n\n`)
  }

  write(text: string): void {
    if (text.trim() !== '') this.hasBody = true
    this.parts.push(text)
  }

  close(): Section[] {
    this.closeSection()
    return this.sections
  }

  private closeSection(): void {
    const text = this.parts.join('')
    this.parts = []
    this.hasBody = false
    if (text.trim() === '') return
    this.sections.push({ path: this.uniquePath(), text })
  }

  private uniquePath(): string[] {
    const titles = this.trail.map(({ title }) => title)
    const times = this.countUse(titles)
    if (times === 1) return titles
    const last = titles.pop() ?? ''
    const numbered = [...titles, `${last} (${times})`.trimStart()]
    return this.countUse(numbered) === 1 ? numbered : this.uniquePath()
  }

  private countUse(titles: string[]): number {
    const key = JSON.stringify(titles)
    const times = (this.timesUsed.get(key) ?? 0) + 1
    this.timesUsed.set(key, times)
    return times
  }
}
