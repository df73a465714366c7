/** https://github.com/distribution/reference: the parts of an image name. */
const DOMAIN_PART = "(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])"
const domain = new RegExp(`^(?:${DOMAIN_PART}(?:\\.${DOMAIN_PART})*|\\[[a-fA-F0-9:]+\\])(?::[0-9]+)?$`)
const PATH_PART = "[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*"
const remainder = new RegExp(
  `^${PATH_PART}(?:/${PATH_PART})*(?::(?<tag>\\w[\\w.-]{0,127}))?(?:@(?<digest>[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}))?$`,
)
const BARE_ID = /^[a-f0-9]{64}$/

/** The tag that an image name asks for; `latest` where it names neither tag nor digest; undefined for no image name. */
export function imageTag(image: string): string | undefined {
  if (BARE_ID.test(image)) return undefined
  const slash = image.indexOf("/")
  const first = image.slice(0, Math.max(slash, 0))
  const namesDomain = slash > 0 && (/[.:]/.test(first) || first === "localhost" || first !== first.toLowerCase())
  if (namesDomain && !domain.test(first)) return undefined
  const groups = remainder.exec(namesDomain ? image.slice(slash + 1) : image)?.groups
  if (groups === undefined) return undefined
  return groups["tag"] ?? (groups["digest"] === undefined ? "latest" : "")
}

/** When to pull an image whose pod does not say: always for a moving tag. */
export function defaultPullPolicy(image: string | undefined): "Always" | "IfNotPresent" {
  return imageTag(image ?? "") === "latest" ? "Always" : "IfNotPresent"
}
