/** What container runtimes begin an error with that is worth a reason of its own, and what it means. */
const causes = new Map([
  ["RegistryUnavailable", "the registry is unavailable"],
  ["SignatureValidationFailed", "the signature validation failed"],
])

/** Whether a failure is one of pulling: those back off. */
export function isPullFailure(reason: string): boolean {
  return reason === "ErrImagePull" || causes.has(reason)
}

/** What a container's status says of an image that could not be pulled. */
export function pullFailure(image: string, error: string): { readonly reason: string; readonly message: string } {
  for (const [reason, why] of causes) {
    if (!error.startsWith(reason)) continue
    return { reason, message: `image pull failed for ${image} because ${why}${error.slice(reason.length)}` }
  }
  return { reason: "ErrImagePull", message: error }
}
