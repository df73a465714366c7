/** Of which images on the node pods have to show that they may have them, by Kubernetes' names. */
export const verificationPolicies = [
  "NeverVerify",
  "NeverVerifyPreloadedImages",
  "NeverVerifyAllowlistedImages",
  "AlwaysVerify",
] as const

/** https://kubernetes.io/docs/concepts/containers/images/#ensureimagepullcredentialverification */
export interface Verification {
  readonly policy: (typeof verificationPolicies)[number]
  /** Repositories, or beginnings of repositories that end in `/*`. */
  readonly allowlist: readonly string[]
}

/** `pulled`: a kubelet brought the image here. */
export function needsVerification({ allowlist, policy }: Verification, image: string, pulled: boolean): boolean {
  switch (policy) {
    case "NeverVerify":
      return false
    case "NeverVerifyPreloadedImages":
      return pulled
    case "NeverVerifyAllowlistedImages": {
      const name = withoutTag(image)
      return !allowlist.some((each) => (each.endsWith("/*") ? name.startsWith(each.slice(0, -1)) : name === each))
    }
    case "AlwaysVerify":
      return true
  }
}

/** What is wrong with an entry of the list, in the kubelet's words. */
export function allowlistProblem(pattern: string): string | undefined {
  if (pattern !== pattern.trim()) return `leading/trailing spaces are not allowed: ${pattern}`
  if (pattern === "") return `the supplied pattern is too short: ${pattern}`
  const isWildcard = pattern.endsWith("/*")
  if ((isWildcard ? pattern.slice(0, -1) : pattern).includes("*")) {
    return `not a valid wildcard pattern, only patterns ending with '/*' are allowed: ${pattern}`
  }
  if (isWildcard) return pattern === "/*" ? "at least registry hostname is required" : undefined
  return withoutTag(pattern) === pattern
    ? undefined
    : `neither tag nor digest is accepted in an image reference: ${pattern}`
}

/** The name as it is written, without tag and digest. */
export function withoutTag(image: string): string {
  const [name = ""] = image.split("@", 1)
  return name.replace(/:[^/:]*$/, "")
}
