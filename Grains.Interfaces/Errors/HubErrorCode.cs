namespace Muster.Errors;

/// <summary>
/// IoT Hub's own error numbers: the first three digits are the HTTP status. The names are those that travel in
/// <c>iothub-errorcode</c> and in <c>ErrorCode:…</c>; append only.
/// </summary>
public enum HubErrorCode : int
{
    InvalidProtocolVersion = 400001,
    ArgumentInvalid = 400004,
    ArgumentNull = 400005,
    IotHubFormatError = 400006,
    BulkRegistryOperationFailure = 400013,
    ConnectionForcefullyClosedOnNewConnection = 400027,
    IotHubUnauthorizedAccess = 401002,
    IotHubUnauthorized = 401003,
    IotHubMaxDevices = 403001,
    TooManyModulesOnDevice = 403002,
    DeviceMaximumQueueDepthExceeded = 403004,
    DeviceDisabled = 403012,
    DeviceNotFound = 404001,
    ModuleNotFound = 404010,
    DeviceNotOnline = 404103,
    DeviceAlreadyExists = 409001,
    ModuleAlreadyExistsOnDevice = 409301,
    PreconditionFailed = 412001,
    DeviceMessageLockLost = 412002,
    MessageTooLarge = 413001,
    ThrottlingException = 429001,
    ServerError = 500001,
    InvalidDeviceResponse = 502001,
    ServiceUnavailable = 503001,
    GatewayTimeout = 504101,
}
