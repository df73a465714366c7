/** What a resolver's configuration says: https://man7.org/linux/man-pages/man5/resolv.conf.5.html */
export interface ResolvConf {
  /** As written, in order. */
  readonly servers: readonly string[]
  /** The search path; without dots at the end, but for the root itself. */
  readonly searches: readonly string[]
  readonly options: readonly string[]
}

/** Of several search paths the last one counts; what is not understood is left out, as resolvers do. */
export function parseResolvConf(text: string): ResolvConf {
  const servers: string[] = []
  let searches: string[] = []
  const options: string[] = []
  for (const line of text.split("\n")) {
    const [keyword, ...values] = line
      .replace(/[#;].*/, "")
      .trim()
      .split(/\s+/)
    if (keyword === "nameserver" && values[0] !== undefined) servers.push(values[0])
    if (keyword === "search") searches = values.map((value) => (value === "." ? value : value.replace(/\.$/, "")))
    if (keyword === "options") options.push(...values)
  }
  return { servers, searches, options }
}
