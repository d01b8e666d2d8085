// Package pairs is the lab of pairs: two ActiveMQ brokers in a network, two
// `gcbridge serve` processes, the Finesse simulator, and clients that speak
// only the wire. Its tests play what happens when any of them dies; program
// chaos kills nodes among thousands of commands and judges, by what Finesse saw
// and what the clients were told, that none was lost, run twice or overtaken, and
// that each had one outcome with its JMSCorrelationID.
package pairs

import "gcbridge/test/brokertest"

// TB is what the lab needs of a *testing.T, or of the stand that program chaos is.
type TB = brokertest.TB
