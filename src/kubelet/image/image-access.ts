/** A pull secret, or a service account, that an image was, or may be, pulled with. */
export interface PullSource {
  readonly uid: string
  readonly namespace: string
  readonly name: string
  /** Of the credentials in a secret that fit. A service account is known by itself. */
  readonly hash?: string
}

/** Who may use an image of one repository that a kubelet has pulled. */
export interface Access {
  /** It was pulled without credentials. */
  readonly everyone?: true
  readonly secrets: readonly PullSource[]
}

/** As the kubelet's: more would hardly ever be looked at. */
const sourcesMax = 100

export function withSource(access: Access | undefined, source: PullSource | undefined): Access {
  if (access?.everyone || source === undefined) return { everyone: true, secrets: [] }
  const others = (access?.secrets ?? []).filter((each) => !isSame(each, source))
  return { secrets: [source, ...others].slice(0, sourcesMax) }
}

/**
 * Whether pods with these secrets may use the image without asking the registry: the same credentials, whoever keeps
 * them, or the same secret, though its content has changed. `noted`: what to remember of it.
 */
export function mayUse(
  access: Access,
  sources: readonly PullSource[],
): { readonly allowed: boolean; readonly noted?: PullSource } {
  if (access.everyone) return { allowed: true }
  for (const source of sources) {
    const known = access.secrets.find(
      (each) => isSame(each, source) || (each.hash !== undefined && each.hash === source.hash),
    )
    if (known === undefined) continue
    const news = known.hash !== source.hash || !isSame(known, source)
    return news ? { allowed: true, noted: source } : { allowed: true }
  }
  return { allowed: false }
}

function isSame(a: PullSource, b: PullSource): boolean {
  return a.uid === b.uid && a.namespace === b.namespace && a.name === b.name
}
