using Microsoft.Extensions.Time.Testing;
using Muster.Devices;
using Muster.Errors;
using Muster.Upstream;
using Xunit;

namespace Muster.Access;

public sealed class DeviceAuthenticatorTests
{
    private const long Later = 1900000000;
    private static readonly byte[] Primary = [.. Enumerable.Repeat((byte)1, 32)];
    private static readonly byte[] Secondary = [.. Enumerable.Repeat((byte)2, 32)];
    private static readonly byte[] ModuleKey = [.. Enumerable.Repeat((byte)3, 32)];
    private static readonly DeviceKey Device = DeviceKey.Parse("d1");
    private static readonly DeviceKey Module = DeviceKey.Parse("d1/m1");
    private static readonly DateTimeOffset Now = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);
    private readonly DeviceAuthenticator authenticator = new(new Policies(), new NoSecrets(), new FakeTimeProvider(Now));

    [Fact]
    public void Either_key_of_the_device_opens_it()
    {
        foreach (var key in (byte[][])[Primary, Secondary])
        {
            var access = Assert.IsType<DeviceAccess.Authenticated>(Ask(Device, Sas("localhost%2Fdevices%2Fd1", key)));
            Assert.Equal(Later, access.ExpiresAt.ToUnixTimeSeconds());
            Assert.Equal(ETags.Identity(WithKeys(Primary, Secondary).Identity), access.IdentityETag);
        }
    }

    [Fact]
    public void Another_key_another_device_another_host_and_an_old_token_do_not()
    {
        Refused(Device, Sas("localhost/devices/d1", ModuleKey));
        Refused(Device, Sas("localhost/devices/d2", Primary));
        Refused(Device, Sas("localhost/devices/d", Primary));
        Refused(Device, Sas("localhost", Primary));
        Refused(Device, Sas("elsewhere/devices/d1", Primary));
        Refused(Device, Sas("localhost/devices/d1", Primary, expiry: Now.AddMinutes(-6).ToUnixTimeSeconds()));
        Refused(Device, new DeviceCredentials.Token("nonsense"));
    }

    [Fact]
    public void A_module_is_opened_by_its_own_key_or_by_its_devices_for_the_whole_device()
    {
        Assert.IsType<DeviceAccess.Authenticated>(Ask(Module, Sas("localhost/devices/d1/modules/m1", ModuleKey)));
        Assert.IsType<DeviceAccess.Authenticated>(Ask(Module, Sas("localhost/devices/d1", Primary)));
        Refused(Module, Sas("localhost/devices/d1/modules/m1", Primary));
        Refused(Module, Sas("localhost/devices/d1", ModuleKey));
        Refused(Device, Sas("localhost/devices/d1/modules/m1", ModuleKey));
    }

    [Fact]
    public void A_policy_opens_a_device_only_with_the_right_to_connect_and_within_its_scope()
    {
        Assert.IsType<DeviceAccess.Authenticated>(Ask(Device, Sas("localhost", Policies.Key, policy: "device")));
        Assert.IsType<DeviceAccess.Authenticated>(Ask(Device, Sas("localhost/devices/d1", Policies.Key, policy: "device")));
        Refused(Device, Sas("localhost", Policies.Key, policy: "registryRead"));
        Refused(Device, Sas("localhost", Policies.Key, policy: "nobody"));
        Refused(Device, Sas("localhost/devices/d2", Policies.Key, policy: "device"));
        Refused(Device, Sas("localhost", Primary, policy: "device"));
    }

    [Fact]
    public void Who_is_unknown_or_disabled_is_refused_whatever_it_shows()
    {
        var token = Sas("localhost/devices/d1", Primary);
        var row = WithKeys(Primary, Secondary);
        var disabled = row with { Identity = row.Identity with { Status = DeviceStatus.Disabled } };
        Assert.Equal(HubErrorCode.DeviceNotFound, Code(authenticator.Authenticate(Device, null, null, token)));
        Assert.Equal(HubErrorCode.DeviceDisabled, Code(authenticator.Authenticate(Device, disabled, disabled, token)));
        Assert.Equal(HubErrorCode.DeviceDisabled, Code(authenticator.Authenticate(Module, WithKeys(ModuleKey, ModuleKey), disabled, token)));
    }

    [Fact]
    public void A_certificate_is_known_by_either_thumbprint_and_not_once_it_expired()
    {
        foreach (var row in (DeviceState[])[WithThumbprint("AB01", null), WithThumbprint(null, "cd02")])
        {
            Assert.IsType<DeviceAccess.Authenticated>(authenticator.Authenticate(Device, row, row, Certificate(Now.AddDays(1))));
            Assert.IsType<DeviceAccess.Refused>(authenticator.Authenticate(Device, row, row, Certificate(Now.AddDays(-1))));
        }

        var other = WithThumbprint("FF", "FE");
        Assert.IsType<DeviceAccess.Refused>(authenticator.Authenticate(Device, other, other, Certificate(Now.AddDays(1))));
    }

    [Fact]
    public void A_token_for_a_certificates_device_and_the_reverse_are_refused()
    {
        Refused(Device, Certificate(Now.AddDays(1)));
        var row = WithThumbprint("AB01", null);
        foreach (var token in (DeviceCredentials[])[Sas("localhost/devices/d1", Primary), Sas("localhost", Policies.Key, policy: "device")])
        {
            Assert.IsType<DeviceAccess.Refused>(authenticator.Authenticate(Device, row, row, token));
        }
    }

    [Fact]
    public void A_device_of_the_upstream_hub_is_sent_there_whatever_it_shows()
    {
        var row = WithThumbprint("AB01", null) with { Upstream = UpstreamMark.None.Pack() };

        Assert.Equal(HubErrorCode.IotHubUnauthorizedAccess, Code(authenticator.Authenticate(Device, row, row, Certificate(Now.AddDays(1)))));
        Assert.Equal(HubErrorCode.IotHubUnauthorizedAccess, Code(authenticator.Authenticate(Device, row, row, Sas("localhost/devices/d1", Policies.Key, "device"))));
    }

    private DeviceAccess Ask(DeviceKey key, DeviceCredentials credentials)
    {
        var device = WithKeys(Primary, Secondary);
        return authenticator.Authenticate(key, key.IsModule ? WithKeys(ModuleKey, ModuleKey) : device, device, credentials);
    }

    private void Refused(DeviceKey key, DeviceCredentials credentials) =>
        Assert.Equal(HubErrorCode.IotHubUnauthorizedAccess, Code(Ask(key, credentials)));

    private static HubErrorCode Code(DeviceAccess access) => Assert.IsType<DeviceAccess.Refused>(access).Why.Code;

    private static DeviceCredentials.Token Sas(string resource, byte[] key, string? policy = null, long expiry = Later) =>
        new(SasTokenTests.Sign(resource, expiry, policy, key));

    private static DeviceCredentials.Certificate Certificate(DateTimeOffset notAfter) => new("AB01", "CD02", Now.AddDays(-365), notAfter);

    private static DeviceState WithKeys(byte[] primary, byte[] secondary) => new()
    {
        Identity = new IdentityState { GenerationId = 639080000000000000, ProtectedKeys = [(byte)primary.Length, .. primary, .. secondary] },
    };

    private static DeviceState WithThumbprint(string? primary, string? secondary) => new()
    {
        Identity = new IdentityState
        {
            GenerationId = 639080000000000000,
            AuthenticationType = AuthenticationType.SelfSigned,
            PrimaryThumbprint = primary,
            SecondaryThumbprint = secondary,
        },
    };

    private sealed class NoSecrets : ISecretProtector
    {
        public byte[] Protect(ReadOnlySpan<byte> secret) => secret.ToArray();

        public byte[] Unprotect(ReadOnlySpan<byte> protectedSecret) => protectedSecret.ToArray();
    }

    private sealed class Policies : IAccessPolicies
    {
        internal static readonly byte[] Key = [.. Enumerable.Repeat((byte)9, 32)];

        public IReadOnlyCollection<AccessPolicy> All { get; } =
        [
            new("device", AccessRights.DeviceConnect, Convert.ToBase64String(Key), Convert.ToBase64String(Key)),
            new("registryRead", AccessRights.RegistryRead, Convert.ToBase64String(Key), Convert.ToBase64String(Key)),
        ];

        public AccessPolicy? Find(string name) => All.FirstOrDefault(policy => policy.Name == name);

        public bool IsHostName(ReadOnlySpan<char> host) => host is "localhost";
    }
}
