namespace Muster.Releases;

/// <summary>
/// What openssl made of the seven bytes of "muster" and a line feed: <c>dgst -sha256 -sign</c>, and <c>cms -sign -binary -nocerts -outform DER -md sha256</c> with attributes
/// (ECDSA), without (<c>-noattr</c>, RSA), and with RSA-PSS by the key's identifier (<c>-keyid</c>). The keys are gone.
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
        MIIDDTCCAfWgAwIBAgIUIyt/VWd6SH0tFPzsSxnqEJqyvz0wDQYJKoZIhvcNAQEL
        BQAwFTETMBEGA1UEAwwKcnNhIHNpZ25lcjAgFw0yNjExMjkwNjE3MjhaGA8yMTI2
        MTEwNTA2MTcyOFowFTETMBEGA1UEAwwKcnNhIHNpZ25lcjCCASIwDQYJKoZIhvcN
        AQEBBQADggEPADCCAQoCggEBAJOA5BnVOe4eJvs3fGeyh5irBBIADjn1jKHTBDNb
        XXMm8+S8QU+G/Jgo1llf2A+WofCdyxQchusLC4iaY0JbPfvrS37SyMvtP6Cm8YsH
        AzxY3l+IRhJnrqSLNBrbpPh7rpbXkHrwBraV2mZKq1wvTCz5noTJSGxyClSTD3zC
        kbAY4xXFHc8pIIcoIKBlpZkT/BFk82ONBozMqospxzZGK/o+f5K6ZO/GRiiuT/Dc
        mtkQWv5DXTyT0W17oik/Ab5pO5RgiO2uCQh7f9Cx8xdP34WSChAAxF7LrYKWcA50
        53ZmTlnvvUzCEr+/YTh7TE78eUUz7ZQpQG8vn6ZfJxV97mUCAwEAAaNTMFEwHQYD
        VR0OBBYEFNpWkrlfStZXdaq7yVUtJnnnWq53MB8GA1UdIwQYMBaAFNpWkrlfStZX
        daq7yVUtJnnnWq53MA8GA1UdEwEB/wQFMAMBAf8wDQYJKoZIhvcNAQELBQADggEB
        ABpnIb33gKQGeRR3eLKfTdcQ3Dl9Hd9Ns5E0i0c7LJbDIjnWr+R6guMO5CzoHyXE
        mfe0eTF4rsfDZVLWRK394gHu+iACEJHn3/E7mCehq5mB4ngqpDZszb+YkLYH9JO+
        gKUhCUNPCCRGXZGD0+4wxxqTmK68Rjjnt/0XAaTtcVlamBXVPz1HwraGNRaRp9k7
        UReg64ipi1GkxFRX7A3lINlxfKTUkkTzVCuscKolpC/qF1HOB0WecyzrTDVZ3YJI
        2NUWO3MslpAb1Z6VWZdUHcoe/TIO0FwFgjisdN01+O83OyrgdLIMREeecJNBA5qy
        SXJ/oExKVMoK8IB4HP6RTMQ=
        -----END CERTIFICATE-----
        """;

    internal const string RsaCms =
        "MIIBjAYJKoZIhvcNAQcCoIIBfTCCAXkCAQExDTALBglghkgBZQMEAgEwCwYJKoZIhvcNAQcBMYIBVjCCAVICAQEwLTAVMRMwEQYDVQQDDApyc2Egc2lnbmVyAhQjK39VZ3pIfS0U/OxLGeoQmrK/PT" +
        "ALBglghkgBZQMEAgEwDQYJKoZIhvcNAQEBBQAEggEAVMpQkCxM1zoZcsum9rheSe7W3NCiA6KQ8wsI9NLpT0raTJ380wDAvDvTvPipFu5tDmytGExh+AEzhjAZrT16CfvI5mtKETdo1VMWlAH+XA12" +
        "8+A091yIo92mKBjSX2pXvtALbaMlLuMXVZBdVWepr8HmUC1pC9gR2jj7B6aeYTn/vf6xaFzdHoeHwBcL78kitrIrzSMSDSnZ/+wQNQsOxIhmAQKMshd3SJCKX7N9mpHJ0c6t2YLpLvHoKWPSfEpKoK" +
        "YLOnopqUcSDIbqwW8jbybRDDCc+VR09cwzY6ntGCaniBKyF+dDbWYIjnnktJhDXGkqzOtUyNjoB8TK464UVA==";

    internal const string PssCms =
        "MIICjwYJKoZIhvcNAQcCoIICgDCCAnwCAQMxDTALBglghkgBZQMEAgEwCwYJKoZIhvcNAQcBMYICWTCCAlUCAQOAFNpWkrlfStZXdaq7yVUtJnnnWq53MAsGCWCGSAFlAwQCAaCB5DAYBgkqhkiG9w" +
        "0BCQMxCwYJKoZIhvcNAQcBMBwGCSqGSIb3DQEJBTEPFw0yNjExMjkwNjE3MjhaMC8GCSqGSIb3DQEJBDEiBCAxEzZvnbEA7vwCgOfqpNJOtODhjE+m/OTPX+eN55mFGjB5BgkqhkiG9w0BCQ8xbDBq" +
        "MAsGCWCGSAFlAwQBKjALBglghkgBZQMEARYwCwYJYIZIAWUDBAECMAoGCCqGSIb3DQMHMA4GCCqGSIb3DQMCAgIAgDANBggqhkiG9w0DAgIBQDAHBgUrDgMCBzANBggqhkiG9w0DAgIBKDBCBgkqhk" +
        "iG9w0BAQowNaAPMA0GCWCGSAFlAwQCAQUAoRwwGgYJKoZIhvcNAQEIMA0GCWCGSAFlAwQCAQUAogQCAgDeBIIBACzKx+EViFbCPK1DBSDs0ndnGExsHVDD8kSEW2avhBUDWwjidhbIc4yujYffYBK4" +
        "9/YBXFrKW7mMm/gBf3M/2TZoHvuTldkx35NQmis084dPB6dp3yy+i/D5rW67twWup4F1KCakt2SE1lF1xDkvzjAgNnpf2PqAS96LrDTVq6jA4eHh+ng03rg1iQmtlyDFSFUFwjw9k//rQ+12sZpyLC" +
        "T3CKcue9QDy8CHKGmK5OEjmOWA5p+iWmi047byE6uJyKxz67uutdnFIEwA/Sx959MsJa+KDlkK8HvQ+i/6MOQ5UO/5jtM87xe939hbKQ4j129c9DW3RNsPz7JhIOlHZy8=";
}
