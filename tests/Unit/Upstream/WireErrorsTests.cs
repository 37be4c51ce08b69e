using System.Text;
using Amqp.Framing;
using Amqp.Types;
using Muster.Devices;
using Muster.Errors;
using Xunit;

namespace Muster.Upstream;

public sealed class WireErrorsTests
{
    private static readonly DeviceKey Device = DeviceKey.Parse("d1");
    private static readonly DeviceKey Module = DeviceKey.Parse("d1/m1");

    [Theory]
    [InlineData(404, """{"Message":"ErrorCode:DeviceNotFound;The device d1 is not there"}""", null, HubErrorCode.DeviceNotFound, "The device d1 is not there")]
    [InlineData(404, """{"Message":"{\"errorCode\":404103,\"message\":\"Timed out waiting for device to connect.\"}"}""", null, HubErrorCode.DeviceNotOnline, "Timed out waiting for device to connect.")]
    [InlineData(412, "", "PreconditionFailed", HubErrorCode.PreconditionFailed, "status 412")]
    [InlineData(404, "not json", null, HubErrorCode.DeviceNotFound, "status 404")]
    [InlineData(409, "", null, HubErrorCode.DeviceAlreadyExists, "status 409")]
    [InlineData(400, """{"Message":"ErrorCode:SomethingNew;No"}""", "SomethingNew", HubErrorCode.ArgumentInvalid, "No")]
    [InlineData(413, "[]", null, HubErrorCode.MessageTooLarge, "status 413")]
    [InlineData(429, """{"Message":"ErrorCode:ThrottlingException;Slow"}""", null, HubErrorCode.ThrottlingException, "Slow")]
    [InlineData(504, """{"Message":"ErrorCode:GatewayTimeout;Timed out"}""", null, HubErrorCode.GatewayTimeout, "Timed out")]
    public void What_the_hub_refuses_has_its_number_here(int status, string body, string? header, HubErrorCode code, string text)
    {
        var refusal = RestErrors.ToRefusal(Answer(status, body, header), Device);
        Assert.Equal((code, text), (refusal.Code, refusal.Message));
    }

    [Theory]
    [InlineData(401, "", null)]
    [InlineData(404, """{"Message":"ErrorCode:IotHubNotFound;No hub"}""", "IotHubNotFound")]
    [InlineData(500, """{"Message":"ErrorCode:ServerError;Oh"}""", "ServerError")]
    [InlineData(503, "", null)]
    [InlineData(504, "", null)]
    [InlineData(302, "", null)]
    public void What_says_nothing_about_the_request_is_a_fault(int status, string body, string? header) =>
        Assert.Throws<UpstreamFaultException>(() => RestErrors.ToRefusal(Answer(status, body, header), Device));

    [Fact]
    public void A_404_and_a_409_of_a_module_are_the_modules()
    {
        Assert.Equal(HubErrorCode.ModuleNotFound, RestErrors.ToRefusal(Answer(404, "", null), Module).Code);
        Assert.Equal(HubErrorCode.ModuleAlreadyExistsOnDevice, RestErrors.ToRefusal(Answer(409, "", null), Module).Code);
    }

    [Fact]
    public void A_long_text_is_cut() =>
        Assert.InRange(RestErrors.ToRefusal(Answer(400, $$"""{"Message":"ErrorCode:ArgumentInvalid;{{new string('x', 9000)}}"}""", null), Device).Message.Length, 100, 400);

    [Theory]
    [InlineData("amqp:not-found", "", HubErrorCode.DeviceNotFound)]
    [InlineData("amqp:not-found", """{"errorCode":404001,"trackingId":"t","message":"m"}""", HubErrorCode.DeviceNotFound)]
    [InlineData("amqp:resource-limit-exceeded", "", HubErrorCode.DeviceMaximumQueueDepthExceeded)]
    [InlineData("amqp:resource-limit-exceeded", """{"errorCode":429001,"message":"m"}""", HubErrorCode.ThrottlingException)]
    [InlineData("com.microsoft:device-container-throttled", "", HubErrorCode.ThrottlingException)]
    [InlineData("com.microsoft:server-busy", "", HubErrorCode.ThrottlingException)]
    [InlineData("amqp:link:message-size-exceeded", "", HubErrorCode.MessageTooLarge)]
    [InlineData("com.microsoft:argument-error", "", HubErrorCode.ArgumentInvalid)]
    [InlineData("amqp:internal-error", "", HubErrorCode.ServiceUnavailable)]
    public void A_rejected_message_has_its_number_too(string condition, string description, HubErrorCode code) =>
        Assert.Equal(code, WireErrors.Rejected(new Error(new Symbol(condition)) { Description = description }, Device).Code);

    [Fact]
    public void Who_lost_a_partition_to_another_is_told() => Assert.Contains(
        "another has taken its place", WireErrors.Ended("The receiver", new Error(new Symbol("amqp:link:stolen")) { Description = "New receiver" }).Message, StringComparison.Ordinal);

    private static RestAnswer Answer(int status, string body, string? header) => new(status, Encoding.UTF8.GetBytes(body), header, null, null);
}
