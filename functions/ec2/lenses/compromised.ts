/**
 * GuardDuty's finding types of what an instance does for somebody else. Not reconnaissance and unusual behaviour, which may be its own work.
 * https://docs.aws.amazon.com/guardduty/latest/ug/guardduty_finding-types-ec2.html and …/guardduty-attack-sequence-finding-types.html
 */
/** By purpose of the threat. */
const families = {
  AttackSequence: ['CompromisedInstanceGroup'],
  Backdoor: [
    'C&CActivity.B',
    'C&CActivity.B!DNS',
    ...['Dns', 'Tcp', 'Udp', 'UdpOnTcpPorts', 'UnusualProtocol'].map((how) => `DenialOfService.${how}`),
    'Spambot',
  ],
  CryptoCurrency: ['BitcoinTool.B', 'BitcoinTool.B!DNS'],
  Impact: [
    ...['AbusedDomain', 'BitcoinDomain', 'MaliciousDomain', 'SuspiciousDomain'].map(
      (one) => `${one}Request.Reputation`,
    ),
    ...['MaliciousDomainRequest.Custom', 'PortSweep', 'WinRMBruteForce'],
  ],
  Trojan: [
    ...['BlackholeTraffic', 'BlackholeTraffic!DNS', 'DGADomainRequest.B', 'DGADomainRequest.C!DNS'],
    ...['DNSDataExfiltration', 'DriveBySourceTraffic!DNS', 'DropPoint', 'DropPoint!DNS', 'PhishingDomainRequest!DNS'],
  ],
  UnauthorizedAccess: [
    ...['MaliciousIPCaller.Custom', 'MetadataDNSRebind', 'TorClient', 'TorRelay'],
    ...['RDPBruteForce', 'SSHBruteForce'],
  ],
};
/** Each as GuardDuty writes it. */
export const compromised: readonly string[] = Object.entries(families).flatMap(([purpose, names]) =>
  names.map((name) => `${purpose}:EC2/${name}`),
);
