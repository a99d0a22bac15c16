/** What a key may be good for; `admin` is good for all. */
export const scopes = [
  'views:write',
  'recommendations:read',
  'history:read',
  'history:delete',
  'erase',
  'admin',
] as const

export type Scope = (typeof scopes)[number]

/** What the first key of an install is good for: all that a shop's pages ask. */
export const shopScopes = ['views:write', 'recommendations:read', 'history:read', 'history:delete'] as const

export const isScope = (text: string): text is Scope => (scopes as readonly string[]).includes(text)
