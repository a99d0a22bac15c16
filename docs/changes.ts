/** The section of CHANGELOG.md about one release, without its heading; `null` where there is none. */
export function sectionOf(changelog: string, version: string): string | null {
  for (const section of changelog.split(/^## /m).slice(1)) {
    const [heading = ''] = section.split('\n', 1)
    if (heading.split(' ')[0] === version) return section.slice(heading.length).trim()
  }
  return null
}

/** What it says of that release, an entry each, without the lines' ends; of what is not released yet where it has no section. */
export function changesOf(changelog: string, version: string): string[] {
  const section = sectionOf(changelog, version) ?? sectionOf(changelog, 'Unreleased') ?? ''
  return section
    .split(/^- /m)
    .slice(1)
    .map(entry => entry.replaceAll(/\s+/g, ' ').trim())
}
