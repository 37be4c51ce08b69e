using Muster.Gateway;

var line = GatewayCommandLine.Parse(args);
if (line.Help || line.Error is not null)
{
    await (line.Help ? Console.Out : Console.Error).WriteLineAsync(line.Help ? GatewayCommandLine.Usage : $"muster-gateway: {line.Error}");
    return line.Help ? 0 : 2;
}

try
{
    var configuration = new ConfigurationBuilder().AddEnvironmentVariables().AddInMemoryCollection(line.Settings).Build();
    await using var app = GatewayHost.Build(GatewaySetup.Read(configuration), line.Settings);
    await app.StartAsync();
    await Console.Out.WriteLineAsync($"The service API is at {string.Join(", ", app.Urls)}; Ctrl-C ends it.");
    await app.WaitForShutdownAsync();
    return 0;
}
catch (GatewaySetupException wrong)
{
    await Console.Error.WriteLineAsync($"muster-gateway: {wrong.Message}");
    return 2;
}
catch (Exception fault) when (fault is IOException or Orleans.Runtime.OrleansException)
{
    await Console.Error.WriteLineAsync($"muster-gateway: {(fault is IOException ? fault.Message : "the cluster cannot be reached")}");
    return fault is IOException ? 4 : 1;
}
