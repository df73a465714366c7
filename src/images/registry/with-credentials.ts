import { isImageError, type RegistryCredentials } from "../images.ts"

/** Tries one set of credentials after the other, as the kubelet does; the last refusal is the answer. */
export async function withCredentials<T>(
  auth: readonly RegistryCredentials[],
  attempt: (credentials: RegistryCredentials | null) => Promise<T>,
): Promise<T> {
  const [first = null, ...others] = auth
  for (const [i, credentials] of [first, ...others].entries()) {
    try {
      return await attempt(credentials)
    } catch (error) {
      const another = isImageError(error, "Unauthorized") || isImageError(error, "NotFound")
      if (!another || i === others.length) throw error
    }
  }
  throw new Error("at least one attempt is made")
}
