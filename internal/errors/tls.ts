const unsigned = new Set([
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'CERT_SIGNATURE_FAILURE',
])

/** A peer that answers a TLS handshake with something else. */
const noTls =
  /wrong version number|packet length too long|does not support SSL|establishing an SSL connection/

/** What is wrong with the other end's TLS, in words; `null` for any other failure. Wrapped failures count, too. */
export function tlsTrouble(error: unknown): string | null {
  if (!(error instanceof Error)) return null
  const { code, reason } = error as { code?: unknown; reason?: unknown }
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') {
    return `its certificate is for another name (${String(reason)})`
  }
  if (code === 'CERT_HAS_EXPIRED') return 'its certificate has expired'
  if (code === 'CERT_NOT_YET_VALID') return 'its certificate is not valid yet'
  if (typeof code === 'string' && unsigned.has(code)) {
    return `its certificate is not signed by a CA that we were given (${code})`
  }
  if (noTls.test(error.message)) return 'it does not speak TLS on this port'
  if (/before secure TLS connection/.test(error.message)) return 'it broke off the TLS handshake'
  return tlsTrouble(error.cause)
}
