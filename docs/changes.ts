/** What CHANGELOG.md says of one release, an entry each, without the lines' ends; of what is not released yet where it has no section. */
export function changesOf(changelog: string, version: string): string[] {
  const sections = new Map(
    changelog
      .split(/^## /m)
      .slice(1)
      .map(section => [section.split('\n', 1)[0]?.split(' ')[0] ?? '', section] as const),
  )
  const section = sections.get(version) ?? sections.get('Unreleased') ?? ''
  return section
    .split(/^- /m)
    .slice(1)
    .map(entry => entry.replaceAll(/\s+/g, ' ').trim())
}
