/** A name with so many dots is asked for as it is first: the `ndots:5` of pods. */
const NDOTS = 5
/** What can be asked for: https://www.rfc-editor.org/rfc/rfc1035#section-2.3.4 */
const NAME = /^(?=.{1,253}$)[^.]{1,63}(?:\.[^.]{1,63})*$/

/**
 * The names that a pod asks for after the first of its search path did not exist, in its order: the rest of the path,
 * then the name as it was meant. None when `name` is not under the first domain of that path. `nodeSearches`: what the
 * node's own search path adds behind the cluster's.
 */
export function furtherNames(
  name: string,
  namespace: string,
  domain: string,
  nodeSearches: readonly string[],
): readonly string[] {
  const first = `.${namespace}.svc.${domain}`
  if (!name.endsWith(first)) return []
  const meant = name.slice(0, -first.length)
  if (meant === "" || meant.split(".").length > NDOTS) return []
  const domains = new Set([`svc.${domain}`, domain, ...nodeSearches.map((search) => search.toLowerCase())])
  domains.delete(".")
  const names = [...domains].map((search) => `${meant}.${search}`).concat(meant)
  return names.filter((each) => NAME.test(each))
}
