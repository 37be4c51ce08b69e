using Muster.Errors;
using Xunit;

namespace Muster.Devices;

public sealed class IdentityMachineTests
{
    private static readonly DateTimeOffset Now = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);
    private static readonly DeviceKey Device = DeviceKey.Parse("d1");
    private static readonly string Key = Convert.ToBase64String(new byte[32]);
    private static readonly string Sha1 = new('a', 40);

    [Fact]
    public void Empty_keys_are_generated_at_first_and_kept_later()
    {
        var created = Moved(IdentityMachine.Create(Device, new IdentitySpec { Authentication = Sas("", "") }, Now));
        Assert.Equal(32, created.Keys!.Primary.Length);
        Assert.False(created.Keys.Primary.SequenceEqual(created.Keys.Secondary));
        var updated = Moved(IdentityMachine.Update(Device, created.Next, created.Keys, new IdentitySpec { Authentication = Sas(null, "") }, Now));
        Assert.Same(created.Keys, updated.Keys);
        Assert.False(IdentityMachine.ClosesSessions(created.Next, created.Keys, updated));
    }

    [Theory]
    [InlineData(15, 32)]
    [InlineData(65, 32)]
    [InlineData(32, 0)]
    [InlineData(0, 32)]
    public void Keys_of_another_length_and_a_key_alone_are_refused(int primary, int secondary) =>
        Refused(Sas(Convert.ToBase64String(new byte[primary]), Convert.ToBase64String(new byte[secondary])));

    [Theory]
    [InlineData(16)]
    [InlineData(64)]
    public void Keys_from_sixteen_to_sixty_four_bytes_are_taken(int bytes) =>
        Assert.Equal(bytes, Create(Sas(Convert.ToBase64String(new byte[bytes]), Key)).Keys!.Primary.Length);

    [Fact]
    public void Text_that_is_not_base64_is_no_key() => Refused(Sas("not base64 at all!", Key));

    [Theory]
    [InlineData(39)]
    [InlineData(41)]
    [InlineData(63)]
    public void A_thumbprint_of_another_length_is_refused(int digits) => Refused(SelfSigned(new string('a', digits)));

    [Fact]
    public void A_thumbprint_is_stored_one_way_however_it_was_written()
    {
        Assert.Equal(Sha1.ToUpperInvariant(), Create(SelfSigned(string.Join(':', Sha1.Chunk(2).Select(pair => new string(pair))))).Next.PrimaryThumbprint);
        Assert.Null(Create(SelfSigned(new string('b', 64))).Keys);
        Refused(SelfSigned(null));
        Refused(SelfSigned("zz" + Sha1[2..]));
    }

    [Fact]
    public void A_change_of_type_or_of_a_credential_closes_sessions()
    {
        var sas = Create(Sas(Key, Key));
        var certificate = Moved(IdentityMachine.Update(Device, sas.Next, sas.Keys, new IdentitySpec { Authentication = SelfSigned(Sha1) }, Now));
        Assert.True(IdentityMachine.ClosesSessions(sas.Next, sas.Keys, certificate));
        var same = Moved(IdentityMachine.Update(Device, certificate.Next, null, new IdentitySpec { Authentication = SelfSigned(Sha1) }, Now));
        Assert.False(IdentityMachine.ClosesSessions(certificate.Next, null, same));
        var other = Moved(IdentityMachine.Update(Device, certificate.Next, null, new IdentitySpec { Authentication = SelfSigned(new string('c', 40)) }, Now));
        Assert.True(IdentityMachine.ClosesSessions(certificate.Next, null, other));
    }

    [Fact]
    public void A_gateway_gets_a_scope_and_a_leaf_keeps_the_one_it_was_given()
    {
        var gateway = Moved(IdentityMachine.Create(Device, new IdentitySpec { IotEdge = true }, Now));
        Assert.Equal($"ms-azure-iot-edge://d1-{Now.UtcTicks}", gateway.Next.DeviceScope);
        var leaf = Moved(IdentityMachine.Create(Device, new IdentitySpec { DeviceScope = gateway.Next.DeviceScope }, Now));
        Assert.Equal(gateway.Next.DeviceScope, Moved(IdentityMachine.Update(Device, leaf.Next, leaf.Keys, new IdentitySpec(), Now)).Next.DeviceScope);
        Assert.IsType<IdentityMove.Refused>(IdentityMachine.Update(Device, leaf.Next, leaf.Keys, new IdentitySpec { DeviceScope = "ms-azure-iot-edge://x-1" }, Now));
    }

    [Fact]
    public void The_status_has_a_time_once_it_changed()
    {
        var created = Create(Sas(null, null));
        Assert.Null(created.Next.StatusUpdatedAt);
        var disabled = Moved(IdentityMachine.Update(Device, created.Next, created.Keys, new IdentitySpec { Status = DeviceStatus.Disabled }, Now));
        Assert.Equal(Now, disabled.Next.StatusUpdatedAt);
        Assert.NotEqual(ETags.Identity(created.Next), ETags.Identity(disabled.Next));
    }

    [Fact]
    public void Long_words_are_refused() => Assert.Equal(
        HubErrorCode.ArgumentInvalid,
        Assert.IsType<IdentityMove.Refused>(IdentityMachine.Create(Device, new IdentitySpec { StatusReason = new string('x', 129) }, Now)).Why.Code);

    private static DeviceAuthentication Sas(string? primary, string? secondary) => new() { PrimaryKey = primary, SecondaryKey = secondary };

    private static DeviceAuthentication SelfSigned(string? thumbprint) => new() { Type = AuthenticationType.SelfSigned, PrimaryThumbprint = thumbprint };

    private static IdentityMove.Moved Create(DeviceAuthentication authentication) =>
        Moved(IdentityMachine.Create(Device, new IdentitySpec { Authentication = authentication }, Now));

    private static void Refused(DeviceAuthentication authentication) =>
        Assert.IsType<IdentityMove.Refused>(IdentityMachine.Create(Device, new IdentitySpec { Authentication = authentication }, Now));

    private static IdentityMove.Moved Moved(IdentityMove move) => Assert.IsType<IdentityMove.Moved>(move);
}
