using Muster.Errors;
using Muster.Fixture;
using Muster.Sessions;
using Xunit;

namespace Muster.Devices;

public sealed class RegistryTests(ClusterFixture fixture)
{
    [Fact]
    public async Task A_device_is_registered_once_and_its_keys_are_stored_encrypted()
    {
        var (key, device) = await fixture.NewDeviceAsync();
        Assert.Equal(HubErrorCode.DeviceAlreadyExists, Refused(await device.CreateAsync(new IdentitySpec())));
        var identity = (await device.GetIdentityAsync())!;
        Assert.Equal(18, identity.GenerationId.Length);
        Assert.Equal(32, Convert.FromBase64String(identity.Authentication.PrimaryKey!).Length);
        Assert.Equal(65, fixture.Storage.Stored(key)!.Identity.ProtectedKeys!.Length);
    }

    [Fact]
    public async Task An_id_that_nobody_may_have_is_refused() =>
        Assert.Equal(HubErrorCode.ArgumentInvalid, Refused(await fixture.Device("not valid/").CreateAsync(new IdentitySpec())));

    [Fact]
    public async Task An_update_keeps_the_keys_and_one_with_an_older_etag_changes_nothing()
    {
        var (_, device) = await fixture.NewDeviceAsync();
        var before = (await device.GetIdentityAsync())!;
        var after = Accepted(await device.UpdateAsync(new IdentitySpec { StatusReason = "spare" }, $"\"{before.ETag}\""));
        Assert.Equal(before.Authentication, after.Authentication);
        Assert.NotEqual(before.ETag, after.ETag);
        Assert.Equal(HubErrorCode.PreconditionFailed, Refused(await device.UpdateAsync(new IdentitySpec(), before.ETag)));
        Assert.Equal(HubErrorCode.PreconditionFailed, Refused(await device.DeleteAsync(before.ETag)));
        Assert.Equal("spare", (await device.GetIdentityAsync())!.StatusReason);
    }

    [Fact]
    public async Task A_modules_session_ends_with_its_devices_keys_and_none_begins_while_the_device_is_disabled()
    {
        var (key, device) = await fixture.NewDeviceAsync();
        Accepted(await device.CreateModuleAsync("m", new IdentitySpec()));
        var module = fixture.Device($"{key}/m");
        var (_, session) = await fixture.ConnectAsync(module);
        var fresh = Convert.ToBase64String(Guid.NewGuid().ToByteArray());
        Accepted(await device.UpdateAsync(new IdentitySpec { Authentication = new() { PrimaryKey = fresh, SecondaryKey = fresh } }, "*"));
        Assert.Equal(SessionCloseReason.CredentialsChanged, await session.Closed);

        Accepted(await device.UpdateAsync(new IdentitySpec { Status = DeviceStatus.Disabled }, "*"));
        var reply = await module.AttachAsync(new AttachRequest
        {
            Silo = fixture.Cluster.Silos[0].SiloAddress,
            ConnectionId = fixture.Sessions.Open().ConnectionId,
            IdentityETag = (await module.GetIdentityAsync())!.ETag,
            CleanSession = false,
        });
        Assert.Equal(HubErrorCode.DeviceDisabled, Assert.IsType<AttachReply.Refused>(reply).Why.Code);
        Assert.Null(fixture.Storage.Stored($"{key}/m")!.Session.Current);
    }

    [Fact]
    public async Task A_disabled_device_loses_its_session_and_gets_none()
    {
        var (key, device) = await fixture.NewDeviceAsync();
        var (_, session) = await fixture.ConnectAsync(device, silo: 2);
        Assert.Equal(ConnectionState.Connected, (await device.GetIdentityAsync())!.ConnectionState);
        var disabled = Accepted(await device.UpdateAsync(new IdentitySpec { Status = DeviceStatus.Disabled }, "*"));
        Assert.Equal(SessionCloseReason.Disabled, await session.Closed);
        Assert.Equal(ConnectionState.Disconnected, disabled.ConnectionState);
        Assert.IsType<AttachReply.Refused>(await device.AttachAsync(Request(disabled.ETag)));
        Assert.Null(fixture.Storage.Stored(key)!.Session.Current);
    }

    [Fact]
    public async Task Another_key_ends_what_the_old_one_opened()
    {
        var (_, device) = await fixture.NewDeviceAsync();
        var (_, session) = await fixture.ConnectAsync(device);
        var fresh = Convert.ToBase64String(new byte[32]);
        await device.UpdateAsync(new IdentitySpec { Authentication = new DeviceAuthentication { PrimaryKey = fresh, SecondaryKey = fresh } }, "*");
        Assert.Equal(SessionCloseReason.CredentialsChanged, await session.Closed);
    }

    [Fact]
    public async Task A_device_goes_with_its_modules_and_comes_back_as_another()
    {
        var (key, device) = await fixture.NewDeviceAsync();
        var first = (await device.GetIdentityAsync())!;
        Accepted(await device.CreateModuleAsync("m1", new IdentitySpec()));
        await device.PatchReportedAsync(Json.JsonUtf8.Parse("""{"a":1}"""));
        var (_, session) = await fixture.ConnectAsync(device);
        Accepted(await device.DeleteAsync("*"));
        Assert.Equal(SessionCloseReason.Deleted, await session.Closed);
        Assert.Null(await fixture.Device(key).GetIdentityAsync());
        Assert.Null(await fixture.Device($"{key}/m1").GetIdentityAsync());
        Assert.Equal(HubErrorCode.DeviceNotFound, Refused(await device.DeleteAsync("*")));
        var second = Accepted(await device.CreateAsync(new IdentitySpec()));
        Assert.NotEqual(first.GenerationId, second.GenerationId);
        Assert.NotEqual(first.ETag, second.ETag);
        Assert.Null(fixture.Storage.Stored(key)!.Reported.Json);
    }

    [Fact]
    public async Task A_device_has_fifty_modules_at_most_and_none_without_it()
    {
        var (key, device) = await fixture.NewDeviceAsync();
        for (var i = 0; i < 50; i++)
        {
            Accepted(await device.CreateModuleAsync($"m{i}", new IdentitySpec()));
        }

        Assert.Equal(HubErrorCode.TooManyModulesOnDevice, Refused(await device.CreateModuleAsync("m50", new IdentitySpec())));
        Assert.Equal(HubErrorCode.ModuleAlreadyExistsOnDevice, Refused(await device.CreateModuleAsync("m49", new IdentitySpec())));
        Assert.Equal(HubErrorCode.DeviceNotFound, Refused(await fixture.Device($"{key}x/m").CreateAsync(new IdentitySpec())));
    }

    private AttachRequest Request(string etag) => new()
    {
        Silo = fixture.Cluster.Silos[0].SiloAddress,
        ConnectionId = fixture.Sessions.Open().ConnectionId,
        IdentityETag = etag,
        CleanSession = true,
    };

    private static DeviceIdentity Accepted(IdentityReply reply) => Assert.IsType<IdentityReply.Accepted>(reply).Identity;

    private static HubErrorCode Refused(IdentityReply reply) => Assert.IsType<IdentityReply.Refused>(reply).Why.Code;
}
