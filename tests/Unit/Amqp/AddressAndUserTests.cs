using System.Text;
using Muster.Access;
using Xunit;

namespace Muster.Amqp;

public sealed class AddressAndUserTests
{
    [Theory]
    [InlineData("/devices/d1/messages/devicebound", "devices|d1|messages|devicebound")]
    [InlineData("devices/d%201/twin/", "devices|d 1|twin")]
    [InlineData("amqps://hub.test:5671/devices/d1/twin", "devices|d1|twin")]
    [InlineData("sb://hub.test/muster/ConsumerGroups/$Default/Partitions/0", "muster|ConsumerGroups|$Default|Partitions|0")]
    [InlineData("amqps://hub.test", "")]
    [InlineData("$cbs", "$cbs")]
    [InlineData("", "")]
    [InlineData(null, "")]
    [InlineData("/1/2/3/4/5/6/7/8/9/10/11/12/13", "")]
    public void Addresses_are_read_whatever_their_form(string? text, string segments) =>
        Assert.Equal(segments, string.Join('|', LinkAddress.Parse(text).Segments));

    [Fact]
    public void Fixed_words_are_compared_without_case_and_null_stands_for_any()
    {
        var address = LinkAddress.Parse("/devices/D1/messages/deviceBound");
        Assert.True(address.Is("devices", null, "messages", "devicebound"));
        Assert.False(address.Is("devices", null, "messages"));
        Assert.False(address.Is("devices", null, "twin", null));
        Assert.Equal("D1", address.Segments[1]);
    }

    [Theory]
    [InlineData("service@sas.root.hub", "service", null)]
    [InlineData("a@sas.root.b@sas.root.hub", "a@sas.root.b", null)]
    [InlineData("d1@sas.hub", null, "d1")]
    [InlineData("d1/m1@sas.hub", null, "d1/m1")]
    [InlineData("d@1@sas.hub", null, "d@1")]
    public void Users_are_policies_or_devices(string name, string? policy, string? device)
    {
        var user = PlainUser.Parse(Encoding.UTF8.GetBytes($"\0{name}\0secret"));
        Assert.Equal((policy, device, "secret"), (user?.Policy, user?.Device?.ToString(), user?.Password));
        Assert.DoesNotContain("secret", user!.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("\0")]
    [InlineData("user")]
    [InlineData("\0@sas.root.hub\0p")]
    [InlineData("\0@sas.hub\0p")]
    [InlineData("\0no/such/id@sas.hub\0p")]
    [InlineData("\0nobody\0p")]
    public void What_is_neither_is_nobody(string response) => Assert.Null(PlainUser.Parse(Encoding.UTF8.GetBytes(response)));

    [Theory]
    [InlineData("/devices/d1", "d1")]
    [InlineData("/devices/d1/modules/m1", "d1/m1")]
    [InlineData("/devices/d%201", "d%201,d 1")]
    [InlineData("/devices/d1/other/m1", "")]
    [InlineData("/twins/d1", "")]
    [InlineData("", "")]
    public void A_tokens_path_names_its_device(string path, string keys) => Assert.Equal(keys, string.Join(',', TokenCheck.KeysOf(path)));
}
