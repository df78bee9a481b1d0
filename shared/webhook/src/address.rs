//! Addresses that a webhook may have.
//!
//! Sources: the IANA registries of special-purpose addresses
//! ([IPv4](https://www.iana.org/assignments/iana-ipv4-special-registry),
//! [IPv6](https://www.iana.org/assignments/iana-ipv6-special-registry)).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// IPv4 networks that are not public: the first address, and the length of the prefix.
const CLOSED_V4: [([u8; 4], u32); 15] = [
    ([0, 0, 0, 0], 8),       // this network
    ([10, 0, 0, 0], 8),      // private
    ([100, 64, 0, 0], 10),   // CGNAT
    ([127, 0, 0, 0], 8),     // loopback: on Lambda, port 9001 is the Runtime API
    ([169, 254, 0, 0], 16),  // link-local: credentials of instances and containers
    ([172, 16, 0, 0], 12),   // private
    ([192, 0, 0, 0], 24),    // protocol assignments
    ([192, 0, 2, 0], 24),    // documentation
    ([192, 88, 99, 0], 24),  // relays of 6to4
    ([192, 168, 0, 0], 16),  // private
    ([198, 18, 0, 0], 15),   // benchmarks
    ([198, 51, 100, 0], 24), // documentation
    ([203, 0, 113, 0], 24),  // documentation
    ([224, 0, 0, 0], 4),     // multicast
    ([240, 0, 0, 0], 4),     // reserved, and broadcast
];

/// IPv6 network of all public addresses. All mapped, translated (NAT64), unique local, link-local and
/// multicast addresses are outside of it.
const OPEN_V6: ([u16; 8], u32) = ([0x2000, 0, 0, 0, 0, 0, 0, 0], 3);
/// IPv6 networks inside [`OPEN_V6`] that are not public.
const CLOSED_V6: [([u16; 8], u32); 4] = [
    ([0x2001, 0, 0, 0, 0, 0, 0, 0], 23), // protocol assignments, such as Teredo
    ([0x2001, 0x0db8, 0, 0, 0, 0, 0, 0], 32), // documentation
    ([0x2002, 0, 0, 0, 0, 0, 0, 0], 16), // 6to4: an IPv4 address inside
    ([0x3fff, 0, 0, 0, 0, 0, 0, 0], 20), // documentation
];

/// Returns whether an address is one of the public internet.
pub fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => {
            let is_in = |(first, prefix): ([u8; 4], u32)| {
                let mask = u32::MAX << (u32::BITS - prefix);
                address.to_bits() & mask == Ipv4Addr::from(first).to_bits()
            };
            !CLOSED_V4.into_iter().any(is_in)
        }
        IpAddr::V6(address) => {
            let is_in = |(first, prefix): ([u16; 8], u32)| {
                let mask = u128::MAX << (u128::BITS - prefix);
                address.to_bits() & mask == Ipv6Addr::from(first).to_bits()
            };
            is_in(OPEN_V6) && !CLOSED_V6.into_iter().any(is_in)
        }
    }
}

#[cfg(test)]
mod tests {
    fn is_public(text: &str) -> bool {
        super::is_public(text.parse().unwrap())
    }

    #[test]
    fn both_ends_of_each_closed_range_are_refused_and_their_neighbours_are_not() {
        // The neighbour before, both ends, the neighbour after. `-` where the neighbour is closed too.
        for [before, first, last, after] in [
            ["-", "0.0.0.0", "0.255.255.255", "1.0.0.0"],
            ["9.255.255.255", "10.0.0.0", "10.255.255.255", "11.0.0.0"],
            [
                "100.63.255.255",
                "100.64.0.0",
                "100.127.255.255",
                "100.128.0.0",
            ],
            [
                "126.255.255.255",
                "127.0.0.0",
                "127.255.255.255",
                "128.0.0.0",
            ],
            [
                "169.253.255.255",
                "169.254.0.0",
                "169.254.255.255",
                "169.255.0.0",
            ],
            [
                "172.15.255.255",
                "172.16.0.0",
                "172.31.255.255",
                "172.32.0.0",
            ],
            ["191.255.255.255", "192.0.0.0", "192.0.0.255", "192.0.1.0"],
            ["192.0.1.255", "192.0.2.0", "192.0.2.255", "192.0.3.0"],
            [
                "192.88.98.255",
                "192.88.99.0",
                "192.88.99.255",
                "192.88.100.0",
            ],
            [
                "192.167.255.255",
                "192.168.0.0",
                "192.168.255.255",
                "192.169.0.0",
            ],
            [
                "198.17.255.255",
                "198.18.0.0",
                "198.19.255.255",
                "198.20.0.0",
            ],
            [
                "198.51.99.255",
                "198.51.100.0",
                "198.51.100.255",
                "198.51.101.0",
            ],
            [
                "203.0.112.255",
                "203.0.113.0",
                "203.0.113.255",
                "203.0.114.0",
            ],
            ["223.255.255.255", "224.0.0.0", "239.255.255.255", "-"],
            ["-", "240.0.0.0", "255.255.255.255", "-"],
            [
                "-",
                "2001::",
                "2001:1ff:ffff:ffff:ffff:ffff:ffff:ffff",
                "2001:200::",
            ],
            [
                "2001:db7:ffff:ffff:ffff:ffff:ffff:ffff",
                "2001:db8::",
                "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff",
                "2001:db9::",
            ],
            [
                "2001:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
                "2002::",
                "2002:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
                "2003::",
            ],
            [
                "3ffe:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
                "3fff::",
                "3fff:fff:ffff:ffff:ffff:ffff:ffff:ffff",
                "3fff:1000::",
            ],
        ] {
            for closed in [first, last] {
                assert!(!is_public(closed), "{closed}");
            }
            for open in [before, after] {
                assert!(open == "-" || is_public(open), "{open}");
            }
        }
    }

    #[test]
    fn each_ipv6_address_outside_the_public_network_is_refused() {
        for closed in [
            "::",
            "::1",
            "::7f00:1",         // IPv4-compatible
            "::ffff:127.0.0.1", // IPv4-mapped
            "::ffff:8.8.8.8",
            "::ffff:0:127.0.0.1", // IPv4-translated
            "64:ff9b::7f00:1",    // NAT64
            "64:ff9b::808:808",
            "64:ff9b:1::a9fe:a9fe", // NAT64 of a network's own
            "100::1",               // discard
            "1fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
            "4000::",
            "5f00::1",       // segment routing
            "fc00::1",       // unique local
            "fd00:ec2::254", // metadata of EC2
            "fdff:ffff::1",
            "fe80::1", // link-local
            "febf::1",
            "fec0::1",        // site-local
            "ff02::1",        // multicast
            "2001::1",        // Teredo
            "2001:10::1",     // ORCHID
            "2002:7f00:1::1", // 6to4
        ] {
            assert!(!is_public(closed), "{closed}");
        }
        for open in ["2000::1", "2600:1f18::1", "2a00:1450:4001::200e", "3ffe::1"] {
            assert!(is_public(open), "{open}");
        }
    }

    #[test]
    fn addresses_of_well_known_services_are_public() {
        for open in [
            "1.1.1.1",
            "8.8.8.8",
            "52.94.236.248",
            "192.0.66.2",
            "198.20.1.1",
        ] {
            assert!(is_public(open), "{open}");
        }
        for closed in [
            "127.0.0.1",
            "169.254.169.254",
            "169.254.170.2",
            "169.254.100.1",
        ] {
            assert!(!is_public(closed), "{closed}");
        }
    }
}
