import { ConfigMap } from "../../api/core/v1/config-map.ts"
import type { Client } from "../../client/client.ts"
import type { EventRecorder } from "../../client/event-recorder.ts"
import { startInformer } from "../../client/informer.ts"
import type { Platform } from "../../platform/platform.ts"
import type { DnsServer } from "../dns/dns-server.ts"
import { readDnsSettings } from "../dns/dns-settings.ts"

export interface DnsFeedOptions {
  readonly client: Client
  readonly platform: Pick<Platform, "clock" | "log">
  readonly signal: AbortSignal
  /** For warnings about what the ConfigMap has wrong. */
  readonly events?: EventRecorder
  readonly dns: Pick<DnsServer, "configure">
  readonly onChange: () => void
}

type Data = Readonly<Record<string, string>>

/** Where a cluster's owner says how names outside the cluster are resolved. */
const PLACE = { namespace: "kube-system", name: "kube-dns" } as const

/** Follows that one ConfigMap. `restored`: its data when the node last heard from the API; it counts until then. */
export function feedDnsSettings(options: DnsFeedOptions, restored: Data) {
  const { namespace, name } = PLACE
  const scope = { namespace, fieldSelector: `metadata.name=${name}` }
  const maps = startInformer(options.client, ConfigMap, { ...options, scope })
  let data = restored
  options.dns.configure(readDnsSettings(restored).settings)
  maps.onChange(({ type, object }) => {
    data = type === "deleted" ? {} : (object.data ?? {})
    const { settings, problems } = readDnsSettings(data)
    options.dns.configure(settings)
    for (const problem of problems) {
      options.platform.log.warn("dns: a setting is wrong and counts as absent", { configMap: PLACE, problem })
      options.events?.record(object, "Warning", "InvalidDNSSetting", problem)
    }
    options.onChange()
  })
  const synced = maps.synced.then(() => {
    if (maps.list().length > 0 || options.signal.aborted) return
    data = {}
    options.dns.configure(readDnsSettings(data).settings)
  })
  return { synced, data: () => data }
}
