import { Misconfigured, Unavailable } from '#internal/errors/errors.ts'
import { NotFound } from '#internal/kube/errors.ts'
import { kind } from '../resource/names.ts'

/** What the API server answers, or does not, with what a person at a terminal can do about it. */
export function withWayOut(error: unknown): unknown {
  if (error instanceof NotFound && error.object === undefined) {
    return new Misconfigured(`the cluster does not know ${kind}s yet: run vitrine crds apply`, {
      cause: error,
    })
  }
  if (error instanceof Unavailable && isNoConnection(error.cause)) {
    return new Unavailable(
      `${error.message}. Is the cluster up, and is it the one that the kubeconfig's context names? (--kubeconfig, --context)`,
      { cause: error },
    )
  }
  return error
}

const noConnection = ['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH', 'ETIMEDOUT']

const isNoConnection = (cause: unknown) =>
  cause instanceof Error && 'code' in cause && noConnection.includes(String(cause.code))
