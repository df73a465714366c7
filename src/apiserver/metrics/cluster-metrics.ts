import type { AnyResource } from "../../machinery/schema/resource.ts"
import type { MetricsRegistry } from "../../platform/metrics-registry.ts"
import type { ObjectReader } from "../admission/plugin.ts"
import { gitVersion, type ServerVersion } from "../discovery/version.ts"
import { otherForms } from "../resources/other-forms.ts"
import type { ServedResources } from "../served/served-resources.ts"

export interface ClusterMetricsOptions {
  readonly served: ServedResources
  readonly reader: Pick<ObjectReader, "count">
  readonly version: ServerVersion
}

/** What the server is and how much it holds, under the names of kube-apiserver. */
export function createClusterMetrics(registry: MetricsRegistry, options: ClusterMetricsOptions): void {
  const { served, reader, version } = options
  const [, major = "", minor = ""] = /^v(\d+)\.(\d+)/.exec(version.kubernetes) ?? []
  const build = { major, minor, git_version: gitVersion(version), platform: process.platform }
  registry.gaugesFrom("kubernetes_build_info", "Which version this is; always 1.", () => [[build, 1]])
  registry.gaugesFrom("apiserver_resource_objects", "How many objects of each resource are stored.", () =>
    stored(served.resources).map(
      (resource) => [{ group: resource.group, resource: resource.plural }, reader.count(resource)] as const,
    ),
  )
}

/** A resource counts once, however many versions it is served in. */
function stored(resources: readonly AnyResource[]): readonly AnyResource[] {
  const kept = resources.filter((resource) => resource.verbs.includes("watch") && !otherForms.has(resource))
  return [...new Map(kept.map((resource) => [`${resource.group}/${resource.plural}`, resource])).values()]
}
