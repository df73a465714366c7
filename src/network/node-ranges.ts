/** Addresses of one family, as one node sees them. A node has ranges of one family, or of both: the first one leads. */
export interface NodeRanges {
  /** This node's pods'. */
  readonly podCidr: string
  /** The range that all nodes' ranges are from. */
  readonly clusterCidr: string
  readonly serviceCidr: string
  /** CIDR blocks of addresses that only services have, besides the service range. Default: none. */
  readonly loadBalancerCidrs?: readonly string[]
}

/** Where there is nothing but services. */
export function serviceCidrsOf({ serviceCidr, loadBalancerCidrs = [] }: NodeRanges): readonly string[] {
  return [serviceCidr, ...loadBalancerCidrs]
}
