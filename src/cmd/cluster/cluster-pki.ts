import { UserError } from "../../cli/user-error.ts"
import {
  DamagedKeyError,
  ensureNodePki,
  ensurePki,
  type NodePki,
  type Pki,
  type RenewCertificate,
} from "../../pki/pki.ts"
import type { Platform } from "../../platform/platform.ts"
import { hostAddresses } from "./addresses.ts"
import { layoutOf } from "./layout.ts"
import type { ClusterRecord } from "./record.ts"

/** Reads or makes the certificates of the server and its clients. */
export function ensureClusterPki(
  record: ClusterRecord,
  platform: Pick<Platform, "clock" | "random">,
  renew?: RenewCertificate,
): Pki {
  const layout = layoutOf(record)
  try {
    return ensurePki({
      dir: layout.pkiDir,
      platform,
      clusterName: record.name,
      apiAddresses: [...hostAddresses(record)],
      serviceIp: layout.kubernetesIp,
      clusterDomain: layout.clusterDomain,
      ...(renew && { renew }),
    })
  } catch (error) {
    if (error instanceof DamagedKeyError) throw new UserError(error.message, { cause: error })
    throw error
  }
}

/** Reads or makes the certificates of a node. */
export function ensureNodeCertificates(
  record: ClusterRecord,
  nodeName: string,
  nodeIps: readonly string[],
  platform: Pick<Platform, "clock" | "random">,
  renew?: RenewCertificate,
): NodePki {
  const dir = layoutOf(record).pkiDir
  return ensureNodePki({ dir, platform, nodeName, addresses: [...nodeIps, "127.0.0.1"], ...(renew && { renew }) })
}
