namespace Muster.Releases;

/// <summary>
/// What openssl made of the seven bytes of "muster" and a line feed: <c>dgst -sha256 -sign</c>, and <c>cms -sign -binary -nocerts -outform DER -md sha256</c> with attributes
/// (ECDSA), without (<c>-noattr</c>, RSA), and with RSA-PSS by the key's identifier (<c>-keyid</c>, a salt of 32 bytes). The keys are gone.
/// </summary>
internal static class OpensslVectors
{
    internal const string Sha256 = "3113366f9db100eefc0280e7eaa4d24eb4e0e18c4fa6fce4cf5fe78de799851a";

    internal const string PublicKey = """
        -----BEGIN PUBLIC KEY-----
        MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE7LR8RkO08Wj4eF2ASWVKQOzLwnmn
        yMxRZvZueTbxkAzsVuiSQlRKSa7vwPn/OqPPwURCXjCt3kaIwaQLBXj4CA==
        -----END PUBLIC KEY-----
        """;

    internal const string Ecdsa = "MEUCIQCcZB8NlnVQZx1uupJszbC/ZGXf9SAqCuqaQZX4OyD56wIgF81NnCZ9J3K57JhXsyo6BxOhiE14FaArYlyYoFXhhr0=";

    internal const string EcCertificate = """
        -----BEGIN CERTIFICATE-----
        MIIBiTCCAS+gAwIBAgIUKuP6VxlXUx99z0Tcb+AKc/XPpJ4wCgYIKoZIzj0EAwIw
        GTEXMBUGA1UEAwwOcmVsZWFzZSBzaWduZXIwIBcNMjYxMTI5MDYxNzI3WhgPMjEy
        NjExMDUwNjE3MjdaMBkxFzAVBgNVBAMMDnJlbGVhc2Ugc2lnbmVyMFkwEwYHKoZI
        zj0CAQYIKoZIzj0DAQcDQgAEc9aIumcjt5BSeRZwHa8UeRktz5QUr+wgQD+o4kZx
        IS4EkExdkGoSilQ5FTo5faHEiPiHxjPMkIhI5ch07qD7s6NTMFEwHQYDVR0OBBYE
        FJghfLH6uDuVwaq680x/3tk5N4+1MB8GA1UdIwQYMBaAFJghfLH6uDuVwaq680x/
        3tk5N4+1MA8GA1UdEwEB/wQFMAMBAf8wCgYIKoZIzj0EAwIDSAAwRQIgeAcXHsDk
        dK/JOqSsSKhsylmgx/7g5bSl8wTMWjK1XsoCIQDH9Yk5aWihuk3TuJeNYPrDztvy
        KSkXY1Xb7WDBgtB58g==
        -----END CERTIFICATE-----
        """;

    internal const string EcCms =
        "MIIBuAYJKoZIhvcNAQcCoIIBqTCCAaUCAQExDTALBglghkgBZQMEAgEwCwYJKoZIhvcNAQcBMYIBgjCCAX4CAQEwMTAZMRcwFQYDVQQDDA5yZWxlYXNlIHNpZ25lcgIUKuP6VxlXUx99z0Tcb+AKc/" +
        "XPpJ4wCwYJYIZIAWUDBAIBoIHkMBgGCSqGSIb3DQEJAzELBgkqhkiG9w0BBwEwHAYJKoZIhvcNAQkFMQ8XDTI2MTEyOTA2MTcyOFowLwYJKoZIhvcNAQkEMSIEIDETNm+dsQDu/AKA5+qk0k604OGM" +
        "T6b85M9f543nmYUaMHkGCSqGSIb3DQEJDzFsMGowCwYJYIZIAWUDBAEqMAsGCWCGSAFlAwQBFjALBglghkgBZQMEAQIwCgYIKoZIhvcNAwcwDgYIKoZIhvcNAwICAgCAMA0GCCqGSIb3DQMCAgFAMA" +
        "cGBSsOAwIHMA0GCCqGSIb3DQMCAgEoMAoGCCqGSM49BAMCBEYwRAIgJxA9y8wkhfC19Wu4nC1rjC3dFRSB9YFBJc1K+lpKwgUCIDz2EFxb42xlcpwwhtFdlyDBv6Yruq+YAT0rnQHt6RAE";

    internal const string AttachedCms =
        "MIIBxAYJKoZIhvcNAQcCoIIBtTCCAbECAQExDTALBglghkgBZQMEAgEwFgYJKoZIhvcNAQcBoAkEB211c3RlcgoxggGDMIIBfwIBATAxMBkxFzAVBgNVBAMMDnJlbGVhc2Ugc2lnbmVyAhQq4/pXGV" +
        "dTH33PRNxv4Apz9c+knjALBglghkgBZQMEAgGggeQwGAYJKoZIhvcNAQkDMQsGCSqGSIb3DQEHATAcBgkqhkiG9w0BCQUxDxcNMjYxMTI5MDYxNzI4WjAvBgkqhkiG9w0BCQQxIgQgMRM2b52xAO78" +
        "AoDn6qTSTrTg4YxPpvzkz1/njeeZhRoweQYJKoZIhvcNAQkPMWwwajALBglghkgBZQMEASowCwYJYIZIAWUDBAEWMAsGCWCGSAFlAwQBAjAKBggqhkiG9w0DBzAOBggqhkiG9w0DAgICAIAwDQYIKo" +
        "ZIhvcNAwICAUAwBwYFKw4DAgcwDQYIKoZIhvcNAwICASgwCgYIKoZIzj0EAwIERzBFAiB/fsiEKCCu+PcUlNSX+hFSNKAeO/ts2/AyaZR4byMlpwIhAOcNPxijdjuc3pIqKx3SHmuaoC4CKKa+h7ap" +
        "WBg5dDVx";

    internal const string RsaCertificate = """
        -----BEGIN CERTIFICATE-----
        MIIDDTCCAfWgAwIBAgIUW8rXyapLdyeugpGnGuxh/j8cJ5QwDQYJKoZIhvcNAQEL
        BQAwFTETMBEGA1UEAwwKcnNhIHNpZ25lcjAgFw0yNjExMjkwNjM5MThaGA8yMTI2
        MTEwNTA2MzkxOFowFTETMBEGA1UEAwwKcnNhIHNpZ25lcjCCASIwDQYJKoZIhvcN
        AQEBBQADggEPADCCAQoCggEBAJvfWEYiaCDDFREZ4EUuzkwR57KENeIhzMOjiPVV
        uAwza9jqE4x5/YpnKYwSNjcDa7RQ5a60Z9B6R6Vmnxc7xD6RCngCWwjXX8lwqRxi
        jFEPuMb9IlDb/5TZw0E/lmsyIbIkgSdfxK7VlEAZU2CGVJtO3f4Ea6smlRuqWDT7
        z3XBTZ7t0vCylhI23Xy4DGhodBYnF+rp0VB5eiBo+koRnkoSzTgJPVz/dWyFcCOM
        zSQ75bK0eb7ZT8GPALz02twjbv1V2911n9fr0POOuAl1XLIqdKt92vSeFTi+cRY4
        G5wxSiZIWmb8UhicPrDzBy66Gpd6cig9lMCRj4xl4c+/FDMCAwEAAaNTMFEwHQYD
        VR0OBBYEFH0tJ6MKNXcZjWS88ekod6O6+S7qMB8GA1UdIwQYMBaAFH0tJ6MKNXcZ
        jWS88ekod6O6+S7qMA8GA1UdEwEB/wQFMAMBAf8wDQYJKoZIhvcNAQELBQADggEB
        AJX9IFo22Xdi7VBM+ssuCCJX51TulKFBl22U/dDuyOFCFCM6h9rxgSv0ggga/itr
        bRe3P7WW5qjkvFvRqwpoVQRmcshxTXDlvivleALFlJ/wV4+AVAa572bVyZvsWdz4
        uy4tN2nRS1mICYi0GQhV4BPO8dAtDymTSaWjsCSSy8mRuxObG9P8mBZ14IzNjka9
        CN/EnD0RagLI+NGhi5VHINT+fOxnn+y/pwcS6dtxPUkPGkzqGaIlAaiWF+JiTBcT
        f7JzMyGi16NOCcBPRpoDoIQlvgJhiw7IKeG1s/+7sMvpSSsy3JnNgIftPCE3QnyN
        0wgeLM3XRp7e68r6J1P7X8I=
        -----END CERTIFICATE-----
        """;

    internal const string RsaCms =
        "MIIBjAYJKoZIhvcNAQcCoIIBfTCCAXkCAQExDTALBglghkgBZQMEAgEwCwYJKoZIhvcNAQcBMYIBVjCCAVICAQEwLTAVMRMwEQYDVQQDDApyc2Egc2lnbmVyAhRbytfJqkt3J66Ckaca7GH+PxwnlD" +
        "ALBglghkgBZQMEAgEwDQYJKoZIhvcNAQEBBQAEggEAK67yop3i8meMB5C9I3c8vqBskwoLHTJIqVGM8XqpOBN7nHRlnjr+1xQTeKxIkxU0n4Lah2yiMKwPFMv+pGTyzLHNhTg0ZxH9ZTeEIpyzu9Sy" +
        "BM7S5t0bTgaF9APnPavnbQkNcjTA7h5A6HOUyAKdRo7FVio22EjODjO1lNTqIvV9tzHTp8320DPXFdXahBt0R2Y/GzNnGryhz2DhPRypVSN/dDwNxMdfJMLbFMcWNMijfIIjepVFlzQQptBrFvWujz" +
        "2orpGL1qwgSeDxpRETihGiKLZNOaEUDbVvLgRw/QwNnOhIiONfGxH/jnstXiVVJjjbnDkjxBMjhg5KIfU1ww==";

    internal const string PssCms =
        "MIICjgYJKoZIhvcNAQcCoIICfzCCAnsCAQMxDTALBglghkgBZQMEAgEwCwYJKoZIhvcNAQcBMYICWDCCAlQCAQOAFH0tJ6MKNXcZjWS88ekod6O6+S7qMAsGCWCGSAFlAwQCAaCB5DAYBgkqhkiG9w" +
        "0BCQMxCwYJKoZIhvcNAQcBMBwGCSqGSIb3DQEJBTEPFw0yNjExMjkwNjM5MThaMC8GCSqGSIb3DQEJBDEiBCAxEzZvnbEA7vwCgOfqpNJOtODhjE+m/OTPX+eN55mFGjB5BgkqhkiG9w0BCQ8xbDBq" +
        "MAsGCWCGSAFlAwQBKjALBglghkgBZQMEARYwCwYJYIZIAWUDBAECMAoGCCqGSIb3DQMHMA4GCCqGSIb3DQMCAgIAgDANBggqhkiG9w0DAgIBQDAHBgUrDgMCBzANBggqhkiG9w0DAgIBKDBBBgkqhk" +
        "iG9w0BAQowNKAPMA0GCWCGSAFlAwQCAQUAoRwwGgYJKoZIhvcNAQEIMA0GCWCGSAFlAwQCAQUAogMCASAEggEAhnru595tBFQiwu1FfDceX4Nkumlkhe2ZSJ27z6w3CS/czxtOKpTq3Hq+YRMxqUy4" +
        "Pcf7Volh0fWCMJ/1HU3foFZTz9DIHuoZ9iSNctVHFZbkkVuCdxqtCIPA08sfdL4YNGE7hcB973Ixj4RfgNZLvEflt69+BWYrKmmpIpGySR+klNB9RRrtn497W2nTphj9grSqO4Nms05FepWchWC2Zo" +
        "wnxsQpKMxdtVlq1JGG0IJ4n4Je8uhk6sx8OI89fzRXFC7sMFt0UXa8i2CUzNRxHNzqqYxuAMoOrp6dM0zAjQ+kloQCVS3G/hf267S41KLkUmvhAGyWQ6A8f3CJx9F2Ng==";
}
