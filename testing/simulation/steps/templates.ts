import type { Simulation } from "../simulation.ts"

/** What pods look like. Images decide how containers end: see `stages.ts`. */
export function podTemplate({ chance }: Simulation, app: string, image = "web:1", more: object = {}) {
  const requests = { cpu: chance.one("50m", "100m", "400m"), memory: "64Mi" }
  return {
    metadata: { labels: { app } },
    spec: {
      ...(chance.happens(0.4) && { terminationGracePeriodSeconds: chance.one(0, 1, 5, 30) }),
      ...(chance.happens(0.15) && { initContainers: [container(chance.one("init:1", "init:2"), "init")] }),
      containers: [
        { ...container(image, "main"), resources: { requests } },
        ...(chance.happens(0.1) && !image.startsWith("task") ? [container("side:1", "side")] : []),
      ],
      ...more,
    },
  }
}

const container = (image: string, name: string) => ({ name, image })

export const selectorOf = (app: string) => ({ matchLabels: { app } })

/** Where things are made: namespaces that exist and are not ending. */
export function someNamespace(sim: Simulation): string {
  const open = sim.record
    .list("namespaces")
    .filter(({ metadata }) => metadata.deletionTimestamp === undefined && /^(default|team-)/.test(metadata.name))
  return sim.chance.pick(open)?.metadata.name ?? "default"
}

/** Any object of a resource that is not being deleted and was made by a step. */
export function some<T extends { readonly metadata: object }>(
  sim: Simulation,
  resource: string,
  when: (each: T) => boolean = () => true,
): T | undefined {
  return sim.chance.pick(
    sim.record.list(resource).filter((each) => {
      const { deletionTimestamp, namespace = "" } = each.metadata
      return deletionTimestamp === undefined && !namespace.startsWith("kube-") && when(each as unknown as T)
    }) as unknown as T[],
  )
}
