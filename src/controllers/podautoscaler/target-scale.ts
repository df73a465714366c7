import type { Scale } from "../../api/autoscaling/v1/scale.ts"
import type { Client } from "../../client/client.ts"
import { isConflict, isNotFound } from "../../machinery/status/predicates.ts"

interface ResourceList {
  readonly resources?: readonly { readonly name: string; readonly kind: string }[]
}

/** Something that has pods and a size. */
export interface Scaled {
  readonly apiVersion?: string
  readonly kind: string
  readonly name: string
}

export interface ScalePlace {
  readonly path: string
  /** As in `deployments.apps`. */
  readonly resource: string
  /** Whether objects of this kind have a scale. */
  readonly isScalable: boolean
}

/** Where the scale of an object is. Throws when nothing of that kind is served. */
export async function findScale(
  { raw }: Pick<Client, "raw">,
  namespace: string,
  { apiVersion = "v1", kind, name }: Scaled,
): Promise<ScalePlace> {
  const parts = apiVersion.split("/")
  if (parts.length > 2) throw new Error(`unexpected GroupVersion string: ${apiVersion}`)
  const [group, version] = parts.length === 1 ? ["", apiVersion] : parts
  const root = group === "" ? `/api/${version}` : `/apis/${group}/${version}`
  const served = await kinds(raw, root)
  const plural = served.find((each) => each.kind === kind && !each.name.includes("/"))?.name
  if (plural === undefined)
    throw new Error(`no matches for kind ${JSON.stringify(kind)} in group ${JSON.stringify(group)}`)
  return {
    path: `${root}/namespaces/${encodeURIComponent(namespace)}/${plural}/${encodeURIComponent(name)}/scale`,
    resource: group === "" ? plural : `${plural}.${group}`,
    isScalable: served.some((each) => each.name === `${plural}/scale`),
  }
}

async function kinds(raw: Client["raw"], root: string): Promise<NonNullable<ResourceList["resources"]>> {
  try {
    return ((await raw.get(root)) as ResourceList).resources ?? []
  } catch (error) {
    if (isNotFound(error)) return []
    throw error
  }
}

export async function readScale({ raw }: Pick<Client, "raw">, path: string): Promise<Scale> {
  return (await raw.get(path)) as Scale
}

const TRIES = 5

/** Writes the size, over whatever else has changed meanwhile. */
export async function rescale(client: Pick<Client, "raw">, path: string, replicas: number): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    const scale = await readScale(client, path)
    try {
      await client.raw.put(path, { ...scale, spec: { ...scale.spec, replicas } })
      return
    } catch (error) {
      if (!isConflict(error) || attempt === TRIES) throw error
    }
  }
}
